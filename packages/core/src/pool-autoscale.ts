import type { Account } from './account.ts';
import type { Evaluation } from './autoscale/evaluator.ts';
import { Formula, parseFormula } from './autoscale/formula.ts';
import type { FormulaError } from './autoscale/formula-error.ts';
import { formulaErrorText } from './autoscale/formula-error.ts';
import { SampleHistory } from './autoscale/samples.ts';
import type { BatchErrorBody } from './errors.ts';
import { touch } from './etag.ts';
import { betweenEnableAutoScalesMs, defaultEvaluationIntervalMs } from './limits.ts';
import { beginMeasures, forgetMeasures } from './node-sample.ts';
import { Pool } from './pool.ts';
import { sampleOf } from './pool-sample.ts';
import { changeSize, findPool, findPoolIn, findSteadyPool } from './pool-size.ts';
import { refuse } from './refusal.ts';
import type { AutoScaleSettings, PoolSpecification } from './specification.ts';
import type { World } from './world.ts';

/*
 * How a pool follows a formula (semantics §6.7).
 */

/** What a pool has while it does. */
export interface Autoscale {
  /** Of the specification's text. */
  formula: Formula;
  readonly samples: SampleHistory;
  /** Milliseconds since the epoch, as all times here. */
  nextEvaluation: number;
  /** The one more try of a first evaluation that lacked samples. */
  retryAt: number | undefined;
  /** The latest evaluation. */
  run: AutoScaleRun | undefined;
}

/** An evaluation and what it came to (semantics §6.7). */
export interface AutoScaleRun {
  timestamp: number;
  results: string;
  error?: AutoScaleRunError;
}

export interface AutoScaleRunError {
  /** `InsufficientSampleData` or `EvaluationError`. */
  code: string;
  message: string;
  /** `Message`: where and why. */
  values: { name: string; value: string }[];
}

const retryAfterMs = 300_000;

/** The formula that a pool is made with; `undefined`: it is sized by hand. */
export function formulaOf({
  enableAutoScale,
  autoScaleFormula = '',
}: PoolSpecification): Formula | BatchErrorBody | undefined {
  return enableAutoScale === true ? formulaFrom(autoScaleFormula) : undefined;
}

/** A pool that has just been made is evaluated at once, though no sample is visible then. */
export function beginAutoscale(world: World, pool: Pool, formula: Formula): void {
  const { autoScaleEvaluationIntervalMs: interval = defaultEvaluationIntervalMs } =
    pool.specification;
  const autoscale = start(world, pool, formula, world.now + interval);
  evaluate(world, pool, autoscale);
  if (autoscale.run?.error?.code === 'InsufficientSampleData' && interval > retryAfterMs) {
    autoscale.retryAt = world.now + retryAfterMs;
  }
  setDeadline(world, pool, autoscale);
}

export function enableAutoScale(
  world: World,
  poolId: string,
  { autoScaleFormula, autoScaleEvaluationIntervalMs }: AutoScaleSettings,
): BatchErrorBody | undefined {
  const pool = findSteadyPool(world, poolId);
  if (!(pool instanceof Pool)) return pool;
  const { autoscale } = pool;
  if (autoscale === undefined && autoScaleFormula === undefined) {
    return refuse(
      'MissingRequiredProperty',
      `autoScaleFormula is required: the pool "${poolId}" has none.`,
      { PropertyName: 'autoScaleFormula' },
    );
  }
  if (autoScaleFormula === undefined && autoScaleEvaluationIntervalMs === undefined) {
    return refuse(
      'InvalidAutoScalingSettings',
      `The pool "${poolId}" follows a formula already: give another formula, another interval or both.`,
    );
  }
  const { enabledAutoScaleAt } = pool;
  if (
    enabledAutoScaleAt !== undefined &&
    world.now - enabledAutoScaleAt < betweenEnableAutoScalesMs
  ) {
    return refuse(
      'TooManyEnableAutoScaleRequests',
      `Autoscale of pool "${poolId}" was set less than 30 s ago: try again later.`,
    );
  }
  const formula =
    autoScaleFormula === undefined ? autoscale?.formula : formulaFrom(autoScaleFormula);
  if (!(formula instanceof Formula)) return formula;
  const interval =
    autoScaleEvaluationIntervalMs ??
    pool.specification.autoScaleEvaluationIntervalMs ??
    defaultEvaluationIntervalMs;
  pool.enabledAutoScaleAt = world.now;
  pool.specification = {
    ...pool.specification,
    enableAutoScale: true,
    autoScaleFormula: formula.text,
    autoScaleEvaluationIntervalMs: interval,
  };
  touch(pool, world.now);
  if (autoscale === undefined) start(world, pool, formula, world.now + interval);
  else {
    autoscale.formula = formula;
    if (autoScaleEvaluationIntervalMs !== undefined) {
      autoscale.nextEvaluation = world.now + interval;
      autoscale.retryAt = undefined;
      setDeadline(world, pool, autoscale);
    }
  }
  return undefined;
}

/** The targets stay what they are. Where it is off already, nothing changes. */
export function disableAutoScale(world: World, poolId: string): BatchErrorBody | undefined {
  const pool = findPool(world, poolId);
  if (!(pool instanceof Pool)) return pool;
  endAutoscale(world, pool);
  return undefined;
}

export function endAutoscale(world: World, pool: Pool): void {
  const {
    enableAutoScale: _on,
    autoScaleFormula: _formula,
    autoScaleEvaluationIntervalMs: _interval,
    ...rest
  } = pool.specification;
  if (pool.autoscale !== undefined) touch(pool, world.now);
  pool.specification = rest;
  pool.autoscale = undefined;
  forgetMeasures(pool);
  world.sampleDeadlines.delete(pool.number);
  world.evaluationDeadlines.delete(pool.number);
}

/** What a formula would come to now; it changes nothing. */
export function tryFormula(
  world: World,
  account: Account,
  poolId: string,
  text: string,
): AutoScaleRun | BatchErrorBody {
  const pool = findPoolIn(account, poolId);
  if (!(pool instanceof Pool)) return pool;
  if (pool.autoscale === undefined) {
    return refuse('OperationNotValidOnPool', `Autoscale is not enabled on pool "${poolId}".`);
  }
  const formula = formulaFrom(text);
  if (!(formula instanceof Formula)) return formula;
  return runOf(world, evaluation(world, pool, formula, pool.autoscale.samples));
}

/** It is time for the next sample. */
export function takeSample(world: World, pool: Pool): void {
  const { samples } = pool.autoscale!;
  samples.take(samples.nextTime ?? world.now, sampleOf(world, pool));
  beginMeasures(world, pool);
  world.setSampleDeadline(pool.number, samples.nextTime!);
}

/** It is time for the next evaluation. */
export function evaluateNow(world: World, pool: Pool): void {
  const autoscale = pool.autoscale!;
  autoscale.retryAt = undefined;
  if (world.now >= autoscale.nextEvaluation) {
    const { autoScaleEvaluationIntervalMs: interval = defaultEvaluationIntervalMs } =
      pool.specification;
    autoscale.nextEvaluation += interval;
  }
  // What is being stopped, or upgraded, has to come to its end first; the next evaluation is soon enough.
  if (pool.allocationState !== 'stopping' && pool.state !== 'upgrading')
    evaluate(world, pool, autoscale);
  setDeadline(world, pool, autoscale);
}

/** Of a pool that comes from a snapshot. */
export function expectAutoscale(world: World, pool: Pool, autoscale: Autoscale): void {
  const { nextTime } = autoscale.samples;
  if (nextTime !== undefined) world.setSampleDeadline(pool.number, nextTime);
  setDeadline(world, pool, autoscale);
}

function start(world: World, pool: Pool, formula: Formula, nextEvaluation: number): Autoscale {
  const samples = new SampleHistory();
  const autoscale = { formula, samples, nextEvaluation, retryAt: undefined, run: undefined };
  pool.autoscale = autoscale;
  takeSample(world, pool);
  setDeadline(world, pool, autoscale);
  return autoscale;
}

function setDeadline(world: World, pool: Pool, { nextEvaluation, retryAt }: Autoscale): void {
  const next = Math.min(nextEvaluation, retryAt ?? Infinity);
  world.setEvaluationDeadline(pool.number, next);
}

function evaluate(world: World, pool: Pool, autoscale: Autoscale): void {
  const result = evaluation(world, pool, autoscale.formula, autoscale.samples);
  autoscale.run = runOf(world, result);
  touch(pool, world.now);
  world.events?.diagnostics?.autoScaled(pool, autoscale.run);
  if (result.error !== undefined) return;
  const before = pool.specification;
  const { targetDedicatedNodes, targetLowPriorityNodes, nodeDeallocationOption } = result;
  if (
    targetDedicatedNodes === before.targetDedicatedNodes &&
    targetLowPriorityNodes === (before.targetLowPriorityNodes ?? 0)
  ) {
    return;
  }
  // A resizeTimeout is for sizing by hand (semantics §6.7).
  const targets = { targetDedicatedNodes, targetLowPriorityNodes };
  changeSize(world, pool, targets, nodeDeallocationOption, undefined);
}

function evaluation(
  world: World,
  pool: Pool,
  formula: Formula,
  samples: SampleHistory,
): Evaluation {
  const { targetDedicatedNodes, targetLowPriorityNodes = 0 } = pool.specification;
  return formula.evaluate({
    now: world.now,
    samples,
    targetDedicatedNodes,
    targetLowPriorityNodes,
    // Another at another time and in another pool, and the same in a replay.
    seed: Math.imul(pool.number + 1, 0x9e3779b1) ^ (Math.floor(world.now / 1000) | 0),
  });
}

function runOf(world: World, { results, error }: Evaluation): AutoScaleRun {
  const timestamp = world.now;
  return error === undefined
    ? { timestamp, results }
    : { timestamp, results, error: runError(error) };
}

function runError(error: FormulaError): AutoScaleRunError {
  const why = error.code === 'InsufficientSampleData' ? ' due to insufficient sample data' : '';
  return {
    code: error.code,
    message: `Autoscale evaluation failed${why}`,
    values: [{ name: 'Message', value: formulaErrorText(error) }],
  };
}

function formulaFrom(text: string): Formula | BatchErrorBody {
  const formula = parseFormula(text);
  if (formula instanceof Formula) return formula;
  const where = formulaErrorText(formula);
  return refuse(formula.code, `autoScaleFormula has an error, ${where}.`, {
    PropertyName: 'autoScaleFormula',
    Reason: where,
  });
}
