import { randomBytes } from 'node:crypto';
import type {
  FailureCode,
  KillReason,
  NodeDetails,
  NodeTaskDetails,
  Report,
  RunDetails,
  StartTaskDetails,
} from '@berth/core';
import { ReportKind } from '@berth/core';
import type { BlobStore, Secrets, Transfers } from '@berth/storage';
import { ApplicationPackages } from './application-packages.ts';
import { installCertificates } from './certificates.ts';
import { findHolder } from './claims.ts';
import { quote, splitCommandLine } from './command-line.ts';
import type { ContainerStores } from './container-stores.ts';
import type { Host, Prepared } from './host.ts';
import { HostLostError, HostUnusableError } from './host.ts';
import type { HostCounts } from './host-measures.ts';
import { countsOf } from './host-measures.ts';
import type { NodePlace } from './multi-instance.ts';
import { NodeShell } from './node-shell.ts';
import type { Slot } from './node-slots.ts';
import { NodeSlots } from './node-slots.ts';
import { NodeTransfers } from './node-transfers.ts';
import { ReportLog } from './report-log.ts';
import type { RunEnd } from './run-failure.ts';
import { codeOf, endOf, launchFailure, messageOf, RunFailure } from './run-failure.ts';
import { RunWork } from './run-work.ts';
import type { Answer, RunAnswer } from './runner-script.ts';
import { parseAnswer, runnerScript } from './runner-script.ts';
import type { Running, RunningKind } from './running.ts';
import {
  claimedStep,
  claimOf,
  directoryOf,
  endLine,
  hasCoordinated,
  isInstance,
  keyOf,
  newRunning,
  nodeTaskDetails,
  reportOf,
  startLine,
  startTaskDetails,
  startTaskRun,
  workOf,
} from './running.ts';
import { nodeEnvironment } from './task-environment.ts';

export interface NodeContext {
  /** A directory of this machine for what is on its way to nodes. */
  readonly downloads: string;
  readonly blobStore: BlobStore;
  readonly transfers: Transfers | undefined;
  readonly stores: ContainerStores;
  readonly secrets: Secrets;
  /** Not before the caller has returned. */
  report(report: Report): void;
  warn(message: string): void;
  /** The host of a node has said what it has counted. */
  measured(node: number, counts: HostCounts): void;
  /** Where a node of the pool is; `undefined`: not known yet. */
  placeOf(accountName: string, poolId: string, nodeId: string): NodePlace | undefined;
}

/** A run that an earlier life did not see the end of. */
export interface Outstanding {
  run: number;
  sequence: number;
  details: RunDetails;
  is: RunningKind;
  kill: KillReason | undefined;
  /** Of an instance of a multi-instance task: it is to go on as the primary. */
  isPrimary?: boolean;
}

/** How long whoever ends a whole node may be silent before it is looked after. */
const lookAgainMs = 1_000;

/** One node: which shells it has, which runs they are on, and what to tell the engine of it. */
export class ShellNode {
  readonly number: number;
  readonly details: NodeDetails;
  readonly host: Host;
  readonly #context: NodeContext;
  readonly #volatile: string;
  readonly #log: ReportLog;
  readonly #control: NodeShell;
  readonly #runs = new Map<string, Running>();
  readonly #slots: NodeSlots;
  readonly #work: RunWork;
  readonly #packages: ApplicationPackages;
  /** Kills that are not answered. */
  readonly #ends = new Map<string, { running: Running; slot: Slot | undefined; line: string }>();
  /** Ids of this life's questions: answers to an earlier life's are not taken for them. */
  readonly #life = randomBytes(4).toString('hex');
  #serial = 0;
  #key = '';
  #rest = '';
  #reader: { close(): void } | undefined;
  #state: 'closed' | 'open' | 'over' = 'closed';
  /** What came before the node was open. */
  #queue: (() => void)[] = [];
  #releasing: { resolve(): void; reject(error: Error): void } | undefined;

  /** `number`: what the engine calls it. */
  constructor(number: number, details: NodeDetails, host: Host, context: NodeContext) {
    this.number = number;
    this.details = details;
    this.host = host;
    this.#context = context;
    this.#volatile = `${host.root}/volatile`;
    this.#log = new ReportLog(host.files, this.#volatile);
    this.#control = new NodeShell(host, 'control');
    const { accountName, poolId } = details;
    const { stores, placeOf } = context;
    const transfers = new NodeTransfers(host, context.transfers);
    this.#packages = new ApplicationPackages(host, context, context.downloads);
    this.#work = new RunWork({
      ...{ node: details, host, stores, transfers, packages: this.#packages },
      placeOf: (nodeId) => placeOf(accountName, poolId, nodeId),
    });
    this.#slots = new NodeSlots({
      host,
      log: this.#log,
      start: (shell, index) => this.#startSlot(shell, index),
      onFailure: (slot, error) => {
        if (this.#state === 'over' || error instanceof HostLostError) return;
        context.warn(`Node ${details.nodeId}: ${messageOf(error)}`);
        // Not at once: the run comes again, and would meet the same.
        setTimeout(() => this.#slotDied(slot).catch(() => {}), 1_000).unref();
      },
    });
  }

  /**
   * Makes the node's directories and starts its control shell, or finds those of an earlier life. Answers
   * are not read yet: {@link recover} first has to know which runs they may be about.
   */
  async open(): Promise<void> {
    const { files, root } = this.host;
    for (const name of [
      'shared',
      'startup/wd',
      'workitems',
      'fsmounts',
      'certs',
      'volatile/trash',
    ]) {
      await files.makeDirectory(`${root}/${name}`);
    }
    const known = await files.read(`${this.#volatile}/key`);
    this.#key = known?.toString('latin1') ?? randomBytes(6).toString('hex');
    if (known === undefined) await files.write(`${this.#volatile}/key`, this.#key);
    await files.write(`${this.#volatile}/runner.sh`, runnerScript);
    await this.#log.open();
    if (!(await this.#control.reopen())) await this.#startControl();
    await this.#slots.reopen(() => this.#nextId());
  }

  /**
   * What it needs before its start task and any task; `again`: also what it has had before it was started again.
   * @throws HostUnusableError, HostLostError
   */
  async install(again: boolean): Promise<void> {
    const { certificates, applicationPackages } = this.details;
    if (again || certificates.length > 0) {
      await installCertificates(this.host, certificates, this.#context.secrets);
    }
    try {
      await this.#packages.install(applicationPackages, { again });
    } catch (error) {
      if (!(error instanceof RunFailure)) throw error;
      const code = error.code === 'DiskFull' ? 'DiskFull' : 'ApplicationPackageError';
      throw new HostUnusableError(code, error.message);
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
    for (const { run, sequence, details, is, kill, isPrimary = false } of outstanding) {
      Object.assign(this.#add(run, sequence, details, is), { kill, isPrimary });
    }
    for (const answer of await this.#log.unread()) this.#take(answer);
    for (const running of [...this.#runs.values()]) {
      if (running.phase === 'coordinated' && running.isPrimary) advance(running);
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
    this.#slots.ask();
    for (const act of this.#queue.splice(0)) act();
  }

  start(run: number, sequence: number, details: RunDetails, is: RunningKind = 'task'): void {
    if (this.#state === 'closed') {
      this.#queue.push(() => this.start(run, sequence, details, is));
    } else if (this.#state === 'open' && !this.#runs.has(keyOf(run, sequence))) {
      this.#begin(this.#add(run, sequence, details, is));
    }
  }

  /** A preparation or release task of a job, beside its runs. */
  nodeTask(run: number, sequence: number, details: NodeTaskDetails): void {
    this.start(run, sequence, nodeTaskDetails(details), 'nodeTask');
  }

  /** The node's start task, beside its runs. */
  startTask(sequence: number, details: StartTaskDetails): void {
    this.start(startTaskRun, sequence, startTaskDetails(details), 'startTask');
  }

  /** An instance of a multi-instance task goes on: all have coordinated. */
  startPrimary(run: number, sequence: number): void {
    if (this.#state === 'closed') {
      this.#queue.push(() => this.startPrimary(run, sequence));
      return;
    }
    const running = this.#runs.get(keyOf(run, sequence));
    if (running === undefined || this.#state === 'over' || running.isPrimary) return;
    running.isPrimary = true;
    if (running.phase === 'coordinated' && running.kill === undefined) this.#goOn(running);
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
    else if (running.phase === 'ended') this.#work.limitUpload(running);
    else if (!again) this.#end(running);
  }

  /** Ends everything on the node; nothing is reported. */
  async release(): Promise<void> {
    this.#state = 'over';
    for (const running of this.#runs.values()) this.#forget(running);
    await this.#packages.close();
    const gone = new Promise<void>((resolve, reject) => {
      this.#releasing = { resolve, reject };
    });
    gone.catch(() => {}); // it may be closed before it is awaited
    this.#reader ??= this.host.readPipe(`${this.#volatile}/out`, (text) => this.#read(text));
    await Promise.all(this.#slots.all().map(({ shell }) => shell.settled));
    // One that was only just started has no pid yet, and reads this as its first line.
    for (const { shell } of this.#slots.all()) shell.send('exit\n');
    this.#control.send(`release ${this.#life}\n`);
    let looks = 0;
    while (!(await resolvesWithin(gone, lookAgainMs))) {
      // It exits when it has answered: only at the second look is it certain that no answer is on the way.
      looks = (await this.#control.isAlive()) ? 0 : looks + 1;
      if (looks < 2) continue;
      looks = 0;
      await this.#startControl().catch((error: unknown) =>
        this.#context.warn(`Node ${this.details.nodeId}: ${messageOf(error)}`),
      );
      this.#control.send(`release ${this.#life}\n`);
    }
    this.#closeEnds();
  }

  /** The host cannot be reached. Returns the runs that have not been reported: nobody knows how they are. */
  abandon(): Outstanding[] {
    this.#releasing?.reject(new HostLostError('The host cannot be reached.'));
    this.#state = 'over';
    const outstanding: Outstanding[] = [];
    for (const running of this.#runs.values()) {
      const { run, sequence, details, is, kill, isPrimary } = running;
      outstanding.push({ run, sequence, details, is, kill, isPrimary });
      running.work?.abort();
      clearTimeout(running.timer);
    }
    this.#runs.clear();
    void this.#packages.close();
    this.#closeEnds();
    return outstanding;
  }

  /** Lets go: idle shells end, busy ones stay for a later {@link open}. */
  async letGo(): Promise<void> {
    this.#releasing?.reject(new Error('The executor was closed.'));
    const wasOpen = this.#state === 'open';
    this.#state = 'over';
    for (const { work, timer } of this.#runs.values()) {
      work?.abort();
      clearTimeout(timer);
    }
    if (wasOpen) {
      await this.#save();
      const slots = this.#slots.all();
      for (const { run, shell } of slots) if (run === undefined) shell.send('exit\n');
      if (slots.every(({ run }) => run === undefined)) this.#control.send('exit\n');
    }
    this.#closeEnds();
    // Staging and uploads are done again in the next life; they must not go on beside it.
    await Promise.all([this.#work.settled(), this.#packages.close()]);
  }

  /** Asks the host what it has counted; the answer goes to the context. */
  measure(): void {
    if (this.#state === 'open') this.#control.send(`measure ${this.#nextId()}\n`);
  }

  /** Called now and then: shells may die, and what was consumed is noted. */
  async look(): Promise<void> {
    if (this.#state !== 'open') return;
    for (const slot of this.#slots.all()) {
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

  #add(run: number, sequence: number, details: RunDetails, is: RunningKind): Running {
    const running = newRunning(run, sequence, details, is);
    this.#runs.set(running.key, running);
    return running;
  }

  #begin(running: Running): void {
    try {
      const command = splitCommandLine(workOf(running).commandLine);
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
    if (hasCoordinated(running)) return 'ready';
    const claim = claimOf(running);
    if (running.is === 'startTask') return this.#prepareStartup(running, claim);
    return this.host.files.prepareTask(this.#directoryOf(running), claim);
  }

  /** What an earlier start task left stays: it may build on it (semantics §4.3, §4.4). */
  async #prepareStartup(running: Running, claim: string): Promise<Prepared> {
    const directory = this.#directoryOf(running);
    await this.host.files.makeDirectory(`${directory}/wd`);
    return (await this.host.files.exists(`${directory}/${claim}.run`)) ? 'claimed' : 'ready';
  }

  #stage(running: Running, command: readonly string[], prepared: Prepared): void {
    if (prepared === 'claimed') {
      this.#forget(running); // started before: whoever has the claim answers for it
      return;
    }
    if (!this.#work.isNeeded(running)) {
      this.#launch(running, command);
      return;
    }
    this.#work.stage(running).then(
      () => this.#launch(running, command),
      (error: unknown) => this.#failed(running, error, 'Unknown'),
    );
  }

  #launch(running: Running, command: readonly string[]): void {
    if (this.#state === 'over') return;
    if (running.kill !== undefined) {
      this.#quit(running, {});
      return;
    }
    const slot = this.#slots.take(running);
    running.phase = 'started';
    const line = startLine(running, command, this.host.root);
    if (Buffer.byteLength(line) <= this.host.pipeLimit) {
      slot.shell.send(line);
      return;
    }
    const script = `${this.#directoryOf(running)}/${claimOf(running)}.sh`;
    this.host.files.write(script, line).then(
      () => slot.shell.send(`. ${quote(script)}\n`),
      (error: unknown) => {
        this.#slots.free(slot);
        this.#failed(running, error, 'CommandLaunchFailed');
      },
    );
  }

  // ---- shells --------------------------------------------------------------------------------------------

  async #startControl(): Promise<void> {
    await this.#control.start({ ...this.#variables(), slot: '-' }, { LC_ALL: 'C' });
  }

  #variables(): Record<string, string> {
    return { node: this.host.root, key: this.#key, log: String(this.#log.number) };
  }

  async #startSlot(shell: NodeShell, index: number): Promise<void> {
    const { root, environment } = this.host;
    const exported = { ...environment, ...nodeEnvironment(this.details, root) };
    await shell.start({ ...this.#variables(), slot: String(index) }, exported);
  }

  /** Its run has reported to the log, or is lost. */
  async #slotDied(slot: Slot): Promise<void> {
    if (this.#state !== 'open' || !this.#slots.remove(slot)) return;
    for (const answer of await this.#log.unread()) this.#take(answer);
    const running = slot.run;
    if (running === undefined || !this.#runs.has(running.key)) return;
    this.#context.warn(`Node ${this.details.nodeId}: the shell of slot ${slot.index} died.`);
    this.#lose(running);
  }

  async #save(): Promise<void> {
    const inUse = this.#slots.logInUse();
    const begun = await this.#log.save(
      (run, sequence) => this.#runs.has(keyOf(run, sequence)),
      inUse,
    );
    if (!begun) return;
    this.#control.send(`log ${this.#log.number}\n`);
    this.#slots.tellLog();
  }

  // ---- ending --------------------------------------------------------------------------------------------

  #nextId(): string {
    return `${this.#life}.${this.#serial++}`;
  }

  #end(running: Running): void {
    const id = this.#nextId();
    const { slot } = running;
    if (slot !== undefined) slot.ending = id;
    const line = endLine(running, id);
    this.#ends.set(id, { running, slot, line });
    this.#control.send(line);
  }

  /** Nobody has it. What is left of it is ended before it is reported. */
  #lose(running: Running): void {
    running.lost = true;
    running.slot = undefined;
    this.#end(running);
  }

  #endAnswered(id: string): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    this.#ends.delete(id);
    const { running, slot } = end;
    if (slot !== undefined) this.#slots.endAnswered(slot, id);
    if (this.#runs.get(running.key) !== running) return;
    if (running.phase === 'exited') this.#finish(running);
    if (running.phase === 'coordinated') this.#over(running, {});
    if (running.phase !== 'started') return;
    if (running.lost && running.kill !== undefined) {
      this.#over(running, {}); // it was not to come again
    } else if (running.lost) {
      this.#forget(running);
      this.#context.report(reportOf(running, this.number));
    } else {
      // It was about to fork, or its report is on the way.
      running.timer = setTimeout(() => {
        if (this.#runs.get(running.key) === running && running.phase === 'started')
          this.#end(running);
      }, 50);
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
        if (answer.id === this.#life) this.#releasing?.resolve();
        return;
      case 'm': {
        const counts = countsOf(answer.values, performance.now());
        const isOurs = answer.id.startsWith(`${this.#life}.`) && this.#state === 'open';
        if (counts !== undefined && isOurs) this.#context.measured(this.number, counts);
        return;
      }
      case 'p':
        this.#answered(answer.slot, answer.id);
        return;
      default:
    }
    const key = keyOf(answer.run, answer.sequence);
    const running = this.#runs.get(key);
    if (running !== undefined && !isAboutNow(running, answer)) return;
    const slot = this.#slots.get(answer.slot);
    if (slot?.run?.key === key && answer.type !== 'u') {
      this.#slots.free(slot);
    }
    if (running === undefined || this.#state === 'over') return;
    if (running.phase === 'exited' || running.phase === 'ended') return;
    if (answer.type === 'e') this.#exited(running, answer.code);
    else if (answer.type === 'f') {
      const failure = launchFailure(workOf(running).commandLine, answer.code);
      this.#failed(running, failure, failure.code);
    } else if (answer.type === 'u') {
      if (running.lost && running.kill === undefined) return;
      if (!hasCoordinated(running)) this.#over(running, {});
      // What the coordination has left is being ended.
      else Object.assign(running, { phase: 'exited', outcome: {} });
    } else if (running.slot === slot) {
      // Refused: a kill was faster, or its directory is gone.
      this.#lose(running);
    }
  }

  /** A slot shell of an earlier life has done everything that it was told then. */
  #answered(index: number, id: string): void {
    const slot = this.#slots.get(index);
    if (slot?.asked !== id) return;
    const { run: running } = slot;
    this.#slots.free(slot);
    if (running === undefined || this.#runs.get(running.key) !== running) return;
    if (running.phase !== 'started' || running.slot !== slot) return;
    this.#lose(running); // it claimed the run and never could write its report
  }

  #exited(running: Running, exitCode: number): void {
    running.exitCode = exitCode;
    running.slot = undefined;
    clearTimeout(running.timer);
    if (running.step === 'coordination' && exitCode === 0 && running.kill === undefined) {
      const { run, sequence } = running;
      running.phase = 'coordinated';
      this.#context.report({ kind: ReportKind.coordinated, run, sequence });
      if (running.isPrimary && this.#state === 'open') this.#goOn(running);
      return;
    }
    running.phase = 'exited';
    if (running.kill === undefined && !isInstance(running)) this.#finish(running);
    // It is over when its whole tree is: until then that may still write what is to be uploaded.
    else if (![...this.#ends.values()].some((end) => end.running === running)) this.#end(running);
  }

  /** All instances have coordinated, and this one runs the command. */
  #goOn(running: Running): void {
    advance(running);
    this.#begin(running);
  }

  #finish(running: Running): void {
    running.phase = 'ended';
    const { details, kill, exitCode, outcome, step } = running;
    if (outcome !== undefined) {
      this.#over(running, outcome);
      return;
    }
    if (details.outputFiles.length === 0 || kill === 'ended' || step === 'coordination') {
      this.#over(running, { exitCode });
      return;
    }
    this.#work.upload(running, exitCode).then(
      () => this.#over(running, { exitCode }),
      (error: unknown) => this.#failed(running, error, 'FileUploadMiscError', exitCode),
    );
  }

  #failed(running: Running, error: unknown, otherwise: FailureCode, exitCode?: number): void {
    if (error instanceof HostLostError) return; // it is asked again when the host is back
    if (running.kill === 'ended' || (running.kill !== undefined && exitCode === undefined)) {
      this.#quit(running, exitCode === undefined ? {} : { exitCode });
      return;
    }
    this.#quit(running, endOf(error, otherwise, exitCode));
  }

  /** It is over; of an instance when nothing is left of its coordination either. */
  #quit(running: Running, end: RunEnd): void {
    if (running.phase === 'ended' || !hasCoordinated(running)) {
      this.#over(running, end);
      return;
    }
    Object.assign(running, { phase: 'exited', outcome: end, slot: undefined });
    this.#end(running);
  }

  #over(running: Running, end: RunEnd): void {
    if (this.#state === 'over' || this.#runs.get(running.key) !== running) return;
    this.#forget(running);
    this.#context.report(reportOf(running, this.number, end));
  }

  #forget(running: Running): void {
    clearTimeout(running.timer);
    running.work?.abort();
    this.#runs.delete(running.key);
  }

  // ---- after a restart -----------------------------------------------------------------------------------

  /** A run that the log does not know. */
  async #reattach(running: Running): Promise<void> {
    const holder = await findHolder(this.host.files, this.#directoryOf(running), {
      run: running.run,
      sequence: running.sequence,
      step: claimedStep(running),
      wanted: running.kill === undefined,
    });
    if (holder.by === 'never') {
      this.#quit(running, {});
      return;
    }
    running.issue = holder.issue;
    if (holder.by === 'nobody') {
      this.#queue.push(() => this.#begin(running));
      return;
    }
    running.phase = 'started';
    const slot = await this.#slots.find(holder.slot, () => this.#nextId());
    if (slot !== undefined && (await slot.shell.pid()) === holder.pid) {
      slot.run = running;
      running.slot = slot;
      if (running.kill !== undefined) this.#end(running);
      return;
    }
    // Its shell is dead, perhaps since the log was read.
    for (const answer of await this.#log.unread()) this.#take(answer);
    if (this.#runs.get(running.key) === running && running.phase === 'started') this.#lose(running);
  }

  #directoryOf(running: Running): string {
    return directoryOf(running, this.host.root);
  }

  #closeEnds(): void {
    this.#reader?.close();
    this.#control.close();
    this.#slots.close();
  }
}

/** Of an instance: what it does next is the command. */
function advance(running: Running): void {
  Object.assign(running, { step: 'command', phase: 'preparing', issue: 1 });
}

/** The log is read more than once: what an instance said of its coordination is old when it runs the command. */
function isAboutNow(running: Running, { primary }: RunAnswer): boolean {
  if (primary === hasCoordinated(running)) return true;
  if (!primary || running.phase !== 'coordinated') return false;
  Object.assign(running, { step: 'command', phase: 'started' });
  return true;
}

async function resolvesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
