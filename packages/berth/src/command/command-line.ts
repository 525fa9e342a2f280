import { parseArgs } from 'node:util';
import type { NodeFillType, ReplayEnd } from '@berth/core';

/** At most 80 columns wide. */
export const usage = `usage: berth run FILE [--state DIR] [--storage WHERE] [--restart] [--json]
       berth simulate FILE [--nodes N] [--slots N] [--fill spread|pack]
                           [--policies MODULE] [--json]
       berth replay PATH [--to N | --at TIME] [--show JOB[/TASK]] [--hashes]
                         [--account NAME] [--policies MODULE] [--json]

run: runs a job file (JSON or YAML) to its end on this machine, with progress,
and shows the results. After an interruption the same command goes on where it
was, and no task runs twice.
  --state DIR   where the run is kept (default: .berth/<job id>)
  --storage WHERE  where files live (default: in the state directory): a
                directory, "azure", or the URL of an Azure storage account;
                credentials in AZURE_STORAGE_CONNECTION_STRING, or in
                AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY or
                AZURE_STORAGE_SAS_TOKEN, or in files that the same names
                with _FILE behind name
  --restart     begin anew, whatever the state directory holds

simulate: runs a job file whose section "simulation" says how long its tasks
take, or a recorded workflow (WfFormat 1.5), on a virtual clock. Shows how long
it takes, and how far that is from the shortest possible. Starts nothing and
writes nothing.
  --nodes N     on N nodes (default: those of the job file; for a workflow 1)
  --slots N     of N task slots each (default: likewise)
  --fill TYPE   spread tasks over the nodes, or pack them on few (default:
                likewise; for a workflow spread)
  --policies MODULE  which node, and which of equal jobs, as the module's
                exports placement and jobOrder say (for replay: those that
                the state was made under)

replay: applies the journal of a state directory again, which nobody uses
meanwhile, lists each input in a line, and shows the state that it led to.
Starts nothing and writes nothing.
  --to N        stop after N inputs
  --at TIME     stop after what happened up to then (2026-11-25T21:00:00Z)
  --show ID     show that job, or a task as JOB/TASK, instead of all
  --account NAME  of that account (default: the one that was there first)
  --hashes      the state hash after each input

all:
  --json        print the results, or the error, as JSON and nothing else
  -h, --help    print this and do nothing

exit code: 0 all tasks succeeded (replay: always), 1 some failed or never ran,
           2 the input is wrong, 70 Berth itself failed, 130 interrupted
`;

/** The user's mistake: exit code 2. */
export class UsageError extends Error {}

export type Choice =
  | { command: 'help' }
  | {
      command: 'run';
      file: string;
      state?: string;
      storage?: string;
      restart: boolean;
      json: boolean;
    }
  | {
      command: 'simulate';
      file: string;
      nodes?: number;
      slots?: number;
      fill?: NodeFillType;
      policies?: string;
      json: boolean;
    }
  | {
      command: 'replay';
      path: string;
      end: ReplayEnd;
      show?: string;
      account?: string;
      hashes: boolean;
      policies?: string;
      json: boolean;
    };

/** What the door allows a pool (semantics §1.2). */
const mostNodes = 1_000_000;
const mostSlots = 256;

/** Beside those that every command takes. */
const optionsOf: ReadonlyMap<string, readonly string[]> = new Map([
  ['run', ['state', 'storage', 'restart']],
  ['simulate', ['nodes', 'slots', 'fill', 'policies']],
  ['replay', ['to', 'at', 'show', 'account', 'hashes', 'policies']],
]);

/** @throws UsageError */
export function parseCommandLine(args: string[]): Choice {
  const { values, positionals } = parse(args);
  if (values.help === true) return { command: 'help' };
  const [command, file, more] = positionals;
  if (command === undefined) throw new UsageError('no command');
  const own = optionsOf.get(command);
  if (own === undefined) throw new UsageError(`unknown command "${command}"`);
  for (const option of Object.keys(values)) {
    if (option !== 'json' && !own.includes(option)) {
      throw new UsageError(`${command} takes no --${option}`);
    }
  }
  const what = command === 'replay' ? 'PATH' : 'FILE';
  if (file === undefined) throw new UsageError(`${command}: no ${what}`);
  if (more !== undefined) throw new UsageError(`${command}: one ${what}, not also "${more}"`);
  const json = values.json === true;
  if (command === 'run') {
    const { state, storage, restart = false } = values;
    return {
      command,
      file,
      ...(state !== undefined && { state }),
      ...(storage !== undefined && { storage }),
      restart,
      json,
    };
  }
  const { policies } = values;
  if (command === 'replay') {
    const { show, account, hashes = false } = values;
    return {
      command,
      path: file,
      end: replayEnd(values),
      ...(show !== undefined && { show }),
      ...(account !== undefined && { account }),
      hashes,
      ...(policies !== undefined && { policies }),
      json,
    };
  }
  const nodes = wholeNumber('--nodes', values.nodes, mostNodes);
  const slots = wholeNumber('--slots', values.slots, mostSlots);
  const fill = fillType(values.fill);
  return {
    command: 'simulate',
    file,
    ...(nodes !== undefined && { nodes }),
    ...(slots !== undefined && { slots }),
    ...(fill !== undefined && { fill }),
    ...(policies !== undefined && { policies }),
    json,
  };
}

function replayEnd({ to, at }: { to?: string; at?: string }): ReplayEnd {
  if (to !== undefined && at !== undefined) throw new UsageError('--to or --at, not both');
  if (to !== undefined) {
    if (/^\d{1,15}$/.test(to)) return { inputs: Number(to) };
    throw new UsageError(`--to must be a number of inputs, 0 or more; it is "${to}"`);
  }
  if (at === undefined) return {};
  // A date alone means its first moment, and a time without a zone would mean another one on each machine.
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(at);
  const milliseconds = isTime ? Date.parse(at) : Number.NaN;
  if (!Number.isNaN(milliseconds)) return { at: milliseconds };
  throw new UsageError(
    `--at must be a time with its zone, like 2026-11-25T21:00:00Z; it is "${at}"`,
  );
}

function wholeNumber(option: string, given: string | undefined, most: number): number | undefined {
  if (given === undefined) return undefined;
  const value = /^\d{1,9}$/.test(given) ? Number(given) : 0;
  if (value >= 1 && value <= most) return value;
  throw new UsageError(`${option} must be a whole number from 1 to ${most}; it is "${given}"`);
}

function fillType(given: string | undefined): NodeFillType | undefined {
  if (given === undefined || given === 'spread' || given === 'pack') return given;
  throw new UsageError(`--fill must be spread or pack; it is "${given}"`);
}

function parse(args: string[]): ReturnType<typeof parseStrictly> {
  try {
    return parseStrictly(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseStrictly(args: string[]) {
  return parseArgs({ args, allowPositionals: true, options });
}

const options = {
  state: { type: 'string' },
  storage: { type: 'string' },
  restart: { type: 'boolean' },
  nodes: { type: 'string' },
  slots: { type: 'string' },
  fill: { type: 'string' },
  policies: { type: 'string' },
  to: { type: 'string' },
  at: { type: 'string' },
  show: { type: 'string' },
  account: { type: 'string' },
  hashes: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;
