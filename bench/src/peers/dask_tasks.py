# The tasks of the peer Dask: for each number on standard input, so many of them, and a line when they have ended.
import sys

import dask
import distributed

PRIORITIES = 7


def nothing(number):
    return None


def run(client, tasks):
    # One call for each priority: `map` gives one to all its tasks. The tasks differ, so none is left out.
    futures = []
    for rank in range(PRIORITIES):
        numbers = range(rank, tasks, PRIORITIES)
        futures += client.map(nothing, numbers, pure=False, priority=-rank)
    distributed.wait(futures)


def main():
    dask.config.set({"distributed.admin.tick.limit": "1h"})
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    client = distributed.Client(cluster)
    print("Dask", distributed.__version__, flush=True)
    for line in sys.stdin:
        run(client, int(line))
        print("done", flush=True)
    client.close()
    cluster.close()


if __name__ == "__main__":
    main()
