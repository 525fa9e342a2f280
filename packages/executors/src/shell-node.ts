import { randomBytes } from 'node:crypto';
import type { FailureCode, KillReason, NodeDetails, Report, RunDetails } from '@berth/core';
import { ReportKind } from '@berth/core';
import type { BlobStore } from '@berth/storage';
import { quote, splitCommandLine } from './command-line.ts';
import type { Host, Prepared } from './host.ts';
import { NodeShell } from './node-shell.ts';
import { uploadOutputFiles } from './output-files.ts';
import { ReportLog } from './report-log.ts';
import { stageResourceFiles } from './resource-files.ts';
import { codeOf, messageOf, RunFailure } from './run-failure.ts';
import type { Answer } from './runner-script.ts';
import { claimName, parseAnswer, runnerScript } from './runner-script.ts';
import {
  expandedEnvironment,
  nodeEnvironment,
  runEnvironment,
  taskDirectory,
} from './task-environment.ts';

/** After a wall clock output files are uploaded for so long (semantics §5). */
const uploadGraceMs = 60_000;

export interface NodeContext {
  readonly blobStore: BlobStore;
  /** Not before the caller has returned. */
  report(report: Report): void;
  warn(message: string): void;
}

/** A run that came back to after a restart. */
export interface Outstanding {
  run: number;
  sequence: number;
  details: RunDetails;
  kill: KillReason | undefined;
}

interface Slot {
  readonly index: number;
  readonly shell: NodeShell;
  /** What it was told to run and has not answered for. */
  run: Running | undefined;
  /** Id of the kill of its run that is not answered; until then it gets no other run. */
  ending: string | undefined;
  /** Left by an earlier engine and not heard of since. */
  asked: string | undefined;
  /** The report log that it appends to. */
  log: number;
}

/** A run from its start effect to its report: as many as there are slots in use. */
interface Running {
  readonly key: string;
  readonly run: number;
  readonly sequence: number;
  /** Below `workitems`. */
  readonly directory: string;
  readonly details: RunDetails;
  phase: 'preparing' | 'started' | 'ended';
  issue: number;
  slot: Slot | undefined;
  kill: KillReason | undefined;
  /** When the kill came; for the grace of uploads. */
  killedAt: number;
  /** Its slot shell is dead. */
  lost: boolean;
  /** What the engine itself does for it: staging, uploading. */
  work: AbortController | undefined;
  timer: NodeJS.Timeout | undefined;
}

function keyOf(run: number, sequence: number): string {
  return `${run}-${sequence}`;
}

/** Names that mean something to a shell, so that `export` would not do, or do more. */
const shellNames =
  /^(?:_|IFS|ENV|PWD|OLDPWD|PPID|OPTIND|OPTARG|LINENO|PS[0-9]|E?UID|SHLVL|SHELLOPTS|BASH.*|POSIXLY_CORRECT|RANDOM|SECONDS|DIRSTACK|FUNCNAME|GROUPS|HISTCMD|MAIL.*|LC_.*)$/;

/** One node: which shells it has, which runs they are on, and what to tell the engine of it. */
export class ShellNode {
  readonly details: NodeDetails;
  readonly host: Host;
  readonly #context: NodeContext;
  readonly #volatile: string;
  readonly #log: ReportLog;
  readonly #control: NodeShell;
  readonly #runs = new Map<string, Running>();
  readonly #slots = new Map<number, Slot>();
  readonly #idle: Slot[] = [];
  readonly #ends = new Map<string, { running: Running; slot: Slot | undefined; line: string }>();
  /** Ids of this life's questions: answers to an earlier life's are not taken for them. */
  readonly #life = randomBytes(4).toString('hex');
  #serial = 0;
  #key = '';
  #rest = '';
  #reader: { close(): void } | undefined;
  #state: 'closed' | 'open' | 'over' = 'closed';
  #queue: (() => void)[] = [];
  #released: (() => void) | undefined;

  constructor(details: NodeDetails, host: Host, context: NodeContext) {
    this.details = details;
    this.host = host;
    this.#context = context;
    this.#volatile = `${host.root}/volatile`;
    this.#log = new ReportLog(host.files, this.#volatile);
    this.#control = new NodeShell(host, 'control');
  }

  /**
   * Makes the node's directories and starts its control shell, or finds those of an earlier life. Answers
   * are not read yet: {@link recover} first has to know which runs they may be about.
   */
  async open(): Promise<void> {
    const { files, root } = this.host;
    for (const name of ['shared', 'startup/wd', 'workitems', 'fsmounts', 'volatile/trash']) {
      await files.makeDirectory(`${root}/${name}`);
    }
    const known = await files.read(`${this.#volatile}/key`);
    this.#key = known?.toString('latin1') ?? randomBytes(6).toString('hex');
    if (known === undefined) await files.write(`${this.#volatile}/key`, this.#key);
    await files.write(`${this.#volatile}/runner.sh`, runnerScript);
    await this.#log.open();
    if (!(await this.#control.reopen())) await this.#startControl();
    for (const { name } of await files.list(this.#volatile)) {
      const index = /^slot-(\d+)\.pid$/.exec(name)?.[1];
      if (index === undefined) continue;
      const slot = this.#newSlot(Number(index));
      if (await slot.shell.reopen()) slot.asked = this.#nextId();
      else this.#slots.delete(slot.index);
    }
  }

  /** Whether the directory was made for this request of a node; one that was made for none now is. */
  async isOf(request: string): Promise<boolean> {
    const { files } = this.host;
    const known = await files.read(`${this.#volatile}/request`);
    if (known === undefined) await files.write(`${this.#volatile}/request`, request);
    return known === undefined || known.toString('latin1') === request;
  }

  /** The runs of an earlier life: what ended is reported, what never started is started, the rest awaited. */
  async recover(outstanding: readonly Outstanding[]): Promise<void> {
    for (const { run, sequence, details, kill } of outstanding) {
      this.#add(run, sequence, details).kill = kill;
    }
    for (const answer of await this.#log.unread()) this.#take(answer);
    for (const running of [...this.#runs.values()]) {
      if (running.phase !== 'preparing') continue;
      try {
        await this.#reattach(running);
      } catch (error) {
        this.#failed(running, error, 'Unknown');
      }
    }
    if (this.#state === 'over') return;
    this.#state = 'open';
    this.#reader = this.host.readPipe(`${this.#volatile}/out`, (text) => this.#read(text));
    for (const slot of this.#slots.values()) slot.shell.send(`ask ${slot.asked}\n`);
    for (const act of this.#queue.splice(0)) act();
  }

  start(run: number, sequence: number, details: RunDetails): void {
    if (this.#state === 'closed') {
      this.#queue.push(() => this.start(run, sequence, details));
    } else if (this.#state === 'open' && !this.#runs.has(keyOf(run, sequence))) {
      this.#begin(this.#add(run, sequence, details));
    }
  }

  kill(run: number, sequence: number, reason: KillReason): void {
    if (this.#state === 'closed') {
      this.#queue.push(() => this.kill(run, sequence, reason));
      return;
    }
    const running = this.#runs.get(keyOf(run, sequence));
    if (running === undefined || this.#state === 'over') return;
    const again = running.kill !== undefined;
    running.kill = reason;
    running.killedAt = performance.now();
    if (running.phase === 'preparing') running.work?.abort();
    else if (running.phase === 'ended') this.#limitUpload(running);
    else if (!again) this.#end(running);
  }

  /** Ends everything on the node; nothing is reported. */
  async release(): Promise<void> {
    this.#state = 'over';
    for (const running of this.#runs.values()) this.#forget(running);
    const gone = new Promise<void>((resolve) => {
      this.#released = resolve;
    });
    this.#reader ??= this.host.readPipe(`${this.#volatile}/out`, (text) => this.#read(text));
    await Promise.all([...this.#slots.values()].map(({ shell }) => shell.settled));
    // One that was only just started has no pid yet, and reads this as its first line.
    for (const { shell } of this.#slots.values()) shell.send('exit\n');
    const ask = (): void => this.#control.send(`release ${this.#life}\n`);
    ask();
    const timer = setInterval(async () => {
      if (!(await this.#control.isAlive())) await this.#startControl().then(ask, () => {});
    }, 1_000);
    await gone;
    clearInterval(timer);
    this.#closeEnds();
  }

  /** Lets go: idle shells end, busy ones stay for a later {@link open}. */
  async letGo(): Promise<void> {
    const wasOpen = this.#state === 'open';
    this.#state = 'over';
    const works: Running[] = [...this.#runs.values()].filter(({ work }) => work !== undefined);
    for (const { work, timer } of this.#runs.values()) {
      work?.abort();
      clearTimeout(timer);
    }
    if (wasOpen) {
      await this.#save();
      const slots = [...this.#slots.values()];
      for (const { run, shell } of slots) if (run === undefined) shell.send('exit\n');
      if (slots.every(({ run }) => run === undefined)) this.#control.send('exit\n');
    }
    this.#closeEnds();
    // Staging and uploads are done again in the next life; they must not go on beside it.
    while (works.some(({ work }) => work !== undefined)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Called now and then: shells may die, and what was consumed is noted. */
  async look(): Promise<void> {
    if (this.#state !== 'open') return;
    for (const slot of this.#slots.values()) {
      if (slot.run === undefined && slot.asked === undefined) continue;
      if (!(await slot.shell.isAlive())) await this.#slotDied(slot);
    }
    if (!(await this.#control.isAlive())) {
      await this.#startControl();
      for (const { line } of this.#ends.values()) this.#control.send(line);
    }
    await this.#save();
  }

  // ---- starting ------------------------------------------------------------------------------------------

  #add(run: number, sequence: number, details: RunDetails): Running {
    const running: Running = {
      key: keyOf(run, sequence),
      run,
      sequence,
      directory: taskDirectory(details.jobId, details.taskId),
      details,
      phase: 'preparing',
      issue: 1,
      slot: undefined,
      kill: undefined,
      killedAt: performance.now(),
      lost: false,
      work: undefined,
      timer: undefined,
    };
    this.#runs.set(running.key, running);
    return running;
  }

  #begin(running: Running): void {
    try {
      const command = splitCommandLine(running.details.commandLine);
      if (running.details.environmentSettings.some(({ value }) => value.includes('\0'))) {
        throw new Error('The value of an environment variable contains the character NUL.');
      }
      const prepared = this.#prepare(running);
      if (prepared instanceof Promise) {
        prepared.then(
          (result) => this.#stage(running, command, result),
          (error: unknown) => this.#failed(running, error, 'ResourceDirectoryCreateFailed'),
        );
      } else {
        this.#stage(running, command, prepared);
      }
    } catch (error) {
      const system = codeOf(error) !== undefined;
      this.#failed(
        running,
        error,
        system ? 'ResourceDirectoryCreateFailed' : 'CommandLaunchFailed',
      );
    }
  }

  #prepare(running: Running): Prepared | Promise<Prepared> {
    const claim = claimName(running.run, running.sequence, running.issue);
    return this.host.files.prepareTask(this.#directoryOf(running), claim);
  }

  #stage(running: Running, command: readonly string[], prepared: Prepared): void {
    if (prepared === 'claimed') {
      this.#forget(running); // started before: whoever has the claim answers for it
      return;
    }
    if (running.details.resourceFiles.length === 0) {
      this.#launch(running, command);
      return;
    }
    const work = new AbortController();
    running.work = work;
    if (running.kill !== undefined) work.abort();
    stageResourceFiles(running.details.resourceFiles, {
      host: this.host,
      workingDirectory: `${this.#directoryOf(running)}/wd`,
      blobStore: this.#context.blobStore,
      signal: work.signal,
    })
      .finally(() => {
        running.work = undefined;
      })
      .then(
        () => this.#launch(running, command),
        (error: unknown) => this.#failed(running, error, 'Unknown'),
      );
  }

  #launch(running: Running, command: readonly string[]): void {
    if (this.#state === 'over') return;
    if (running.kill !== undefined) {
      this.#over(running, {});
      return;
    }
    const slot = this.#idle.pop() ?? this.#startSlot();
    slot.run = running;
    running.slot = slot;
    running.phase = 'started';
    if (slot.log !== this.#log.number) this.#tellLog(slot);
    const line = this.#runLine(running, command);
    if (Buffer.byteLength(line) <= this.host.pipeLimit) {
      slot.shell.send(line);
      return;
    }
    const script = `${this.#directoryOf(running)}/${running.key}.sh`;
    this.host.files.write(script, line).then(
      () => slot.shell.send(`. ${quote(script)}\n`),
      (error: unknown) => {
        this.#free(slot);
        this.#failed(running, error, 'CommandLaunchFailed');
      },
    );
  }

  #runLine(running: Running, command: readonly string[]): string {
    const words = [
      'run',
      claimName(running.run, running.sequence, running.issue),
      running.directory,
      String(running.run),
      String(running.sequence),
    ];
    const others: string[] = [];
    for (const { name, value } of runEnvironment(running.details)) {
      const exportable = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !shellNames.test(name);
      (exportable ? words : others).push(`${name}=${value}`);
    }
    words.push('', command[0] ?? '');
    if (others.length > 0) words.push('env', ...others);
    words.push(...command);
    return `${words.map(quote).join(' ')}\n`;
  }

  // ---- shells --------------------------------------------------------------------------------------------

  async #startControl(): Promise<void> {
    await this.#control.start({ ...this.#variables(), slot: '-' }, { LC_ALL: 'C' });
  }

  #variables(): Record<string, string> {
    return { node: this.host.root, key: this.#key, log: String(this.#log.number) };
  }

  #newSlot(index: number): Slot {
    const shell = new NodeShell(this.host, `slot-${index}`);
    const log = this.#log.oldest;
    const slot: Slot = { index, shell, run: undefined, ending: undefined, asked: undefined, log };
    this.#slots.set(index, slot);
    return slot;
  }

  #startSlot(): Slot {
    let index = 0;
    while (this.#slots.has(index)) index++;
    const slot = this.#newSlot(index);
    slot.log = this.#log.number;
    const { root, environment } = this.host;
    slot.shell
      .start(
        { ...this.#variables(), slot: String(index) },
        { ...environment, ...nodeEnvironment(this.details, root) },
      )
      .catch((error: unknown) => {
        if (this.#state === 'over') return;
        this.#context.warn(`Node ${this.details.nodeId}: ${messageOf(error)}`);
        // Not at once: the run comes again, and would meet the same.
        setTimeout(() => this.#slotDied(slot), 1_000);
      });
    return slot;
  }

  #free(slot: Slot): void {
    slot.run = undefined;
    if (slot.ending !== undefined || this.#slots.get(slot.index) !== slot) return;
    this.#idle.push(slot);
  }

  /** Its run has reported to the log, or is lost. */
  async #slotDied(slot: Slot): Promise<void> {
    if (this.#state !== 'open' || this.#slots.get(slot.index) !== slot) return;
    this.#slots.delete(slot.index);
    slot.shell.close();
    for (const answer of await this.#log.unread()) this.#take(answer);
    const running = slot.run;
    if (running === undefined || !this.#runs.has(running.key)) return;
    this.#context.warn(`Node ${this.details.nodeId}: the shell of slot ${slot.index} died.`);
    running.lost = true;
    running.slot = undefined;
    this.#end(running);
  }

  #tellLog(slot: Slot): void {
    slot.log = this.#log.number;
    slot.shell.send(`log ${slot.log}\n`);
  }

  async #save(): Promise<void> {
    const inUse = Math.min(this.#log.number, ...[...this.#slots.values()].map(({ log }) => log));
    const begun = await this.#log.save(
      (run, sequence) => this.#runs.has(keyOf(run, sequence)),
      inUse,
    );
    if (!begun) return;
    this.#control.send(`log ${this.#log.number}\n`);
    for (const slot of this.#idle) this.#tellLog(slot);
  }

  // ---- ending --------------------------------------------------------------------------------------------

  #nextId(): string {
    return `${this.#life}.${this.#serial++}`;
  }

  #end(running: Running): void {
    const id = this.#nextId();
    const { slot } = running;
    if (slot !== undefined) slot.ending = id;
    const claim = claimName(running.run, running.sequence, running.issue);
    const line = `end ${id} ${claim} ${quote(running.directory)} ${running.run} ${running.sequence} ${slot?.index ?? '-'}\n`;
    this.#ends.set(id, { running, slot, line });
    this.#control.send(line);
  }

  #endAnswered(id: string): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    this.#ends.delete(id);
    const { running, slot } = end;
    if (slot?.ending === id) {
      slot.ending = undefined;
      if (slot.run === undefined) this.#free(slot);
    }
    if (this.#runs.get(running.key) !== running || running.phase !== 'started') return;
    if (running.lost) {
      this.#forget(running);
      const { run, sequence } = running;
      this.#context.report({ kind: ReportKind.runLost, run, sequence });
    } else {
      // It was about to fork, or its report is on the way.
      running.timer = setTimeout(() => {
        if (this.#runs.get(running.key) === running && running.phase === 'started')
          this.#end(running);
      }, 50);
    }
  }

  #limitUpload(running: Running): void {
    clearTimeout(running.timer);
    if (running.kill === 'ended') running.work?.abort();
    else {
      const left = uploadGraceMs - (performance.now() - running.killedAt);
      running.timer = setTimeout(() => running.work?.abort(), left);
    }
  }

  // ---- answers -------------------------------------------------------------------------------------------

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const answer = parseAnswer(line);
      if (answer !== undefined) this.#take(answer);
    }
  }

  #take(answer: Answer): void {
    switch (answer.type) {
      case 'k':
        this.#endAnswered(answer.id);
        return;
      case 'g':
        if (answer.id === this.#life) this.#released?.();
        return;
      case 'p':
        this.#answered(answer.slot, answer.id);
        return;
      default:
    }
    const key = keyOf(answer.run, answer.sequence);
    const running = this.#runs.get(key);
    const slot = this.#slots.get(answer.slot);
    if (slot?.run?.key === key && answer.type !== 'u') {
      slot.asked = undefined;
      this.#free(slot);
    }
    if (running === undefined || running.phase === 'ended' || this.#state === 'over') return;
    if (answer.type === 'e') this.#exited(running, answer.code);
    else if (answer.type === 'f') this.#notLaunched(running, answer.code);
    else if (answer.type === 'u') {
      if (!running.lost || running.kill !== undefined) this.#over(running, {});
    } else if (running.slot === slot) {
      // Refused, and not because of a claim that this engine knows of: its directory is gone.
      if (running.kill === undefined) running.lost = true;
      running.slot = undefined;
      if (running.kill === undefined) this.#end(running);
    }
  }

  /** A slot shell of an earlier life has done everything that it was told then. */
  #answered(index: number, id: string): void {
    const slot = this.#slots.get(index);
    if (slot?.asked !== id) return;
    slot.asked = undefined;
    const { run: running } = slot;
    this.#free(slot);
    if (running === undefined || this.#runs.get(running.key) !== running) return;
    if (running.phase !== 'started' || running.slot !== slot) return;
    // It claimed the run and never could write its report.
    running.lost = true;
    running.slot = undefined;
    this.#end(running);
  }

  #exited(running: Running, exitCode: number): void {
    running.phase = 'ended';
    running.slot = undefined;
    clearTimeout(running.timer);
    const { details, kill } = running;
    if (details.outputFiles.length === 0 || kill === 'ended') {
      this.#over(running, { exitCode });
      return;
    }
    const work = new AbortController();
    running.work = work;
    if (kill !== undefined) this.#limitUpload(running);
    const { host } = this;
    uploadOutputFiles(details.outputFiles, exitCode === 0 && kill === undefined, {
      host,
      taskDirectory: this.#directoryOf(running),
      variables: expandedEnvironment(this.details, host.root, host.environment, details),
      blobStore: this.#context.blobStore,
      signal: work.signal,
    })
      .finally(() => {
        running.work = undefined;
      })
      .then(
        () => this.#over(running, { exitCode }),
        (error: unknown) => {
          if (!work.signal.aborted) this.#failed(running, error, 'FileUploadMiscError', exitCode);
          else if (running.kill === 'ended') this.#over(running, { exitCode });
          else {
            const late = new RunFailure(
              'FileUploadMiscError',
              'Output files were not uploaded within 60 s after the wall clock expired.',
            );
            this.#failed(running, late, 'FileUploadMiscError', exitCode);
          }
        },
      );
  }

  #notLaunched(running: Running, status: number): void {
    let program = running.details.commandLine;
    try {
      program = splitCommandLine(program)[0] ?? program;
    } catch {}
    const failure: RunFailure =
      status === 127
        ? new RunFailure('CommandProgramNotFound', `The program "${program}" was not found.`)
        : new RunFailure(
            'CommandLaunchFailed',
            `The program "${program}" could not be executed (status ${status} of the shell).`,
          );
    this.#failed(running, failure, failure.code);
  }

  #failed(running: Running, error: unknown, otherwise: FailureCode, exitCode?: number): void {
    if (running.kill === 'ended' || (running.kill !== undefined && exitCode === undefined)) {
      this.#over(running, exitCode === undefined ? {} : { exitCode });
      return;
    }
    const code = codeOf(error);
    let failure = error instanceof RunFailure ? error.code : otherwise;
    if (code === 'ENOSPC' || code === 'EDQUOT') failure = 'DiskFull';
    this.#over(running, {
      ...(exitCode === undefined ? {} : { exitCode }),
      failure,
      detail: messageOf(error),
    });
  }

  #over(
    running: Running,
    end: { exitCode?: number; failure?: FailureCode; detail?: string },
  ): void {
    if (this.#state === 'over' || this.#runs.get(running.key) !== running) return;
    this.#forget(running);
    const { run, sequence } = running;
    this.#context.report({ kind: ReportKind.runEnded, run, sequence, ...end });
  }

  #forget(running: Running): void {
    clearTimeout(running.timer);
    running.work?.abort();
    this.#runs.delete(running.key);
  }

  // ---- after a restart -----------------------------------------------------------------------------------

  /** A run that the log does not know: its claim says who has it. */
  async #reattach(running: Running): Promise<void> {
    const { files } = this.host;
    const directory = this.#directoryOf(running);
    if (!(await files.exists(directory))) {
      if (running.kill !== undefined) this.#over(running, {});
      else this.#queue.push(() => this.#begin(running));
      return;
    }
    for (let looks = 0; ; looks++) {
      const claim = `${directory}/${claimName(running.run, running.sequence, running.issue)}.run`;
      const holder = (await files.read(claim))?.toString('latin1').trim();
      if (holder === 'next') {
        running.issue++;
        continue;
      }
      if (holder === '-') return this.#over(running, {});
      if (holder === undefined) {
        // A start may be on its way to a shell. Who has the claim decides.
        if (!(await files.create(claim, running.kill === undefined ? 'next\n' : '-\n'))) continue;
        if (running.kill !== undefined) return this.#over(running, {});
        running.issue++;
        this.#queue.push(() => this.#begin(running));
        return;
      }
      const [index = -1, pid = -1] = holder.split(' ').map(Number);
      if (holder === '' && looks < 100) {
        await new Promise((resolve) => setTimeout(resolve, 10)); // being written
        continue;
      }
      const slot = this.#slots.get(index);
      running.phase = 'started';
      if (slot !== undefined && (await slot.shell.pid()) === pid) {
        slot.run = running;
        running.slot = slot;
        if (running.kill !== undefined) this.#end(running);
        return;
      }
      // Its shell is dead, perhaps since the log was read.
      for (const answer of await this.#log.unread()) this.#take(answer);
      if (this.#runs.get(running.key) !== running || running.phase !== 'started') return;
      running.lost = true;
      this.#end(running);
      return;
    }
  }

  #directoryOf(running: Running): string {
    return `${this.host.root}/workitems/${running.directory}`;
  }

  #closeEnds(): void {
    this.#reader?.close();
    this.#control.close();
    for (const { shell } of this.#slots.values()) shell.close();
  }
}
