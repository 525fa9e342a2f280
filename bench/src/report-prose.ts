/** What the report says of a benchmark before its figures. */
export interface Prose {
  heading: string;
  text: string;
}

export const introduction = `# Benchmarks

Written by \`npm run bench -- report\` from bench/results/*.json; a test holds that nobody edits it by hand.

\`\`\`
npm run bench -- NAME [--tasks N] [--variant NAME …] [--turns N] [--json FILE]
npm run bench                           lists what there is
npm run bench -- report                 writes this page, its plots and the table of the README
\`\`\`

Every table names the command that measures it again.

## How it is measured

- **Floor.** Every figure stands beside a bare loop that does what cannot be done without, and nothing else; _of the floor_ is the floor's time by one's own, so 1.00 is as fast as the floor.
- **Turns.** Contenders alternate in one process (A B A B): three turns that do not count, at no more than a million tasks, and seven that do (five from 2 million tasks on, three from 20 million on). The median stands beside the fastest and the slowest turn; ratios are taken within a turn, and of them the median.
- **Processes.** Each load, way of submission and peer has a Node of its own. _Peak_ is the most that a further process ever had resident that ran the contender alone and once, Node and loader (some 80 MB) included.
- **Garbage.** What the turn before left is collected before the clock starts; _GC_ is the part of the time that collections took.
- **Policy in force.** The standard load has 1,000 nodes with 8 slots and 100 jobs of 7 priorities, so that equal ones take turns; tasks ask for 1, 2 or 4 slots; one in five jobs has a wall clock, one in five a retry, one in five both; one run in 64 exits with 1, and is run again where it may be. Nodes spread the load, where the name does not say _pack_. When the clock has stopped, every task must have come to its end and \`validate()\` must hold.
- **Memory first.** What a load needs is computed before it is tried; one that does not fit is named and left out.

What else a machine does falls on all contenders alike: read the ratios first.`;

/** In the order of the page; benchmarks that are not here come after, with their figures only. */
export const proses: Readonly<Record<string, Prose>> = {
  dispatch: {
    heading: 'Dispatch',
    text: `Full task lives: submitted, dispatched, started, completed, effects consumed. The pool and blocked jobs are there before the clock starts; then jobs are submitted, nodes come up, and every start is answered by a report, up to 4,096 to a batch, all of it encoded and decoded. The floor does the same load in typed arrays: a job leaves the ready queue and joins it again, two moves of a node between buckets, both writes of a 28-byte row, one effect written and read; a retry does all of it twice. It has no ids, rules, checks, encoding, wall clocks or order among nodes.

It is the core alone: no network, no journal, no process. It compares with other queues inside one process, not with servers. A load's name says what differs from the standard; \`blocked-100000\` has 100,000 jobs of the highest priority above the one that can run: half wait for a task that never comes, half ask for more slots than a node has.`,
  },
  memory: {
    heading: 'Memory',
    text: `Bytes alive by \`process.memoryUsage()\` after a collection, more than before the submission, by the number of tasks: when all have been submitted and none has run, and after all have run. The floor is the row, and the characters of the id and the command line where they are the task's own.`,
  },
  latency: {
    heading: 'Latency',
    text: `From handing in the report of one completion, alone in its batch, to having read the start that it leads to on that node; the pool is full all the while. Under _failures listed_ a job of ten times as many tasks, all over, is listed by \`queries.tasks\` with a filter that finds one in 64. The host takes the list in slices of 4,096 rows (\`scanLimit\`), and every completion comes in just as a slice begins, the worst moment there is: the latency includes the whole slice. The floor is the same in the bare loop; there the list is a bare scan. _most_ is the longest of all samples, whatever stopped the process.`,
  },
  peers: {
    heading: 'Peers',
    text: `Tasks that do nothing, given one after the other and mixed over seven priorities where there are priorities, 8,000 at once, from the first given to the last ended. Each takes its own fast path: the callback where it has one (ended in a later turn of the event loop, all that have started at once, as Berth's reports come in batches), else a promise that is settled already. Berth runs the standard load of \`dispatch\`, with all its policies, and validates.

Each is measured with as many tasks as it can bear, beside the floor of as many. **BullMQ and Dask are there for orientation**: a Redis of its own that appends to a file and syncs it each second; Dask's scheduler with two worker processes, in Python. Network, processes and durability are part of their figures and no part of the others'.`,
  },
  floor: {
    heading: 'The floor',
    text: `The bare loops by themselves, for the loads that make a difference to them, and what they consist of: each part alone, over as many tasks.`,
  },
  dag: {
    heading: 'Dependencies',
    text: `A graph added task by task and released from its roots: chains, fans, random layers, random edges in any order, ranges; the core's graph alone, ids as integers, rows known. Apart from that, whole lives of a job through \`Engine.apply\` with \`dependsOn\` and without: the difference has the JSON, the ids found, the text kept. With \`--workflows\`, WfFormat 1.5 files as well, which are also run on a virtual clock and checked. The floor is Kahn's algorithm on CSR: all edges known beforehand, one direction; for ranges an edge for each id.

**Why random edges in any order cost more than 100 ns.** What an edge touches lies anywhere in memory, and each such place is a miss of cache and page table. The floor, which knows all edges beforehand and keeps one direction, has one place an edge, the child's count, and takes most of the hundred for it. The graph, which takes edges one by one and keeps both directions, has four: the head of the parent's list (by its row, or by its id while it is not there), the edge, the child's count, the child's row. The profiles below show it: the same code takes a tenth where edges go to near tasks, as in _layers_.`,
  },
  simulate: {
    heading: 'Simulation',
    text: `The standard load, of one job and of 100, in a \`Simulation\`: each task takes 1 to 60,000 ms, pseudo-random. The floor is the end times of what runs in a binary heap: the least goes, the next comes. Beside it \`dispatch\` at the same load: the rest is the simulation's own share.`,
  },
  profile: {
    heading: 'Where the time goes',
    text: `V8's sampling profiler over loads of \`dispatch\` and over graphs of dependencies, each once in a Node of its own after a warm-up: nanoseconds a life, or an edge, in the functions themselves, without what they call. Compiled code counts for the function that it was inlined into.

**Why a life costs more than two of one job's where 100,000 jobs have a hundred tasks each.** Every job comes as two commands in JSON, which are written, read, checked and kept, so a hundred tasks pay for a job's submission: \`parseCommand\`, \`writeObject\`, \`#ascii\`, \`addJob\` and the like. The memory of the rows makes V8 collect, and each collection marks the objects of all jobs: \`(garbage collector)\`. And in a round over thousands of jobs each start and each end finds its class and its row in memory, not in a cache: \`place\`, \`endRun\`, \`openPiece\`. Up to 10,000 jobs none of it matters much, nor where a job has a thousand tasks: see the loads of 100,000,000.

**Why a million lives on 100,000 nodes cost twice those on ten.** Ten tasks of a node pay for its coming up: what the engine and the benchmark make of each node (\`comeUp\`, \`fasten\`, \`moveNode\`, \`dispatch\`, \`(garbage collector)\`), and a first visit to each node's data. With 10,000,000 tasks it is within the 1.5.

**Why tasks given one by one are not ten times as fast as the fastest peer.** Each has an id and a command line of its own, which are made (\`oneTask\`, the caller's share), written as JSON for the journal (\`writeCanonicalJson\`, \`writeObject\`, \`orderedKeys\`, \`#ascii\`), read back (\`parseCommand\`, \`text\`), compared with what is there (\`find\`) and kept; the peers take a function and forget it. The caller's strings alone cost twice what a tenth of that peer's life is. Where tasks differ by a number, a task factory has none of this.

**Why random dependencies cost more than near ones**: \`dag-layers\` and \`dag-random\` are the same code over as many edges. \`satisfy\` walks the edges of a parent and counts down their children, \`exchange\`, \`take\` and \`#waitForRow\` find the parent's list: all of it places that no cache holds.`,
  },
  encoding: {
    heading: 'Encoding',
    text: `\`InputBatch\` written, and read through a visitor, a batch of 4,096 reports or 100 tasks in one command. The floor of reports is the 24 bytes through a bare \`DataView\`; that of tasks is \`JSON\` with the platform's \`TextEncoder\` and \`TextDecoder\`.`,
  },
  rows: {
    heading: 'Rows',
    text: `Two words of every row are read and written, in order and with a step that jumps over pages. The floor is one \`Int32Array\`.`,
  },
  durable: {
    heading: 'Durable lives',
    text: `Full task lives through \`openBatch\` with the journal in files and real syncs, 1,000 nodes, 100 jobs of mixed priority by factories; an executor that ends every run at once. A life counts when its job's end is synced. The first row appends as many bytes as the reports have to one file, in the same batches, one sync at a time.`,
  },
  recovery: {
    heading: 'Recovery',
    text: `The same lives until half of the tasks are over, then SIGKILL. A turn is one turn of the event loop, a batch of some thousands of lives: what it takes while a snapshot is written is what a snapshot can stop. Then the state directory is opened, from the newest snapshot and from the journal alone (which is kept whole for this).`,
  },
  transfers: {
    heading: 'Transfers',
    text: `One file of random bytes into a blob store and back, each way in a process of its own: its peak memory is all that Node needs as well. Azure is a local Azurite on the same disk and processors, reached through the client with blocks of 4 MiB, four at a time, hashes checked both ways; what came back is compared byte by byte. Writes into the directory store are synced; the copy by the system, in the first row, is not. The machine had other work meanwhile: of these figures the memory counts.`,
  },
  processes: {
    heading: 'Processes',
    text: `Tasks that run \`/bin/true\` through the local executor, with directories, output files, claims and reports. Not a floor but a comparison: the first row is \`xargs -P2\`.`,
  },
};

export const guard = `## What CI holds

\`test/guard\` measures what does not depend on the clock, each in a Node of its own:

- **bytes** alive after all tasks of a job have run: 28 a row, and nothing that grows with the tasks beside the rows but what waits to be retried;
- **allocations**: bytes on the heap per task, with a new space so large that nothing is collected meanwhile;
- **operations**: characters of source that are executed per task, from V8's block coverage. A loop over n things counts n times. Held against the floor in the same unit, and compared between few and many tasks, nodes, jobs, blocked jobs and tasks that are there already.

A failed bound names the functions that execute the most.`;
