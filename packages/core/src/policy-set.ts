import { BatchError } from './errors.ts';
import type { JobOrderPolicy, PlacementPolicy, Policies, PolicyNames } from './policy.ts';
import { creationTime, pack, roundRobin, spread } from './policy.ts';
import type { PoolSpecification } from './specification.ts';

type TaskSchedulingPolicy = PoolSpecification['taskSchedulingPolicy'];

const longestName = 64;

/** The policies of an engine, as its pools heed them. */
export class PolicySet {
  readonly #policies: Policies;
  readonly names: PolicyNames;
  /** What is not built in, and so is asked each time. */
  readonly placement: PlacementPolicy | undefined;
  readonly jobOrder: JobOrderPolicy | undefined;
  /** A policy that has failed has left things half done: the engine does nothing more. */
  failure: BatchError | undefined;

  /** @throws BatchError `InvalidPropertyValue` for a name that cannot tell policies apart. */
  constructor(policies: Policies = {}) {
    const { placement, jobOrder } = policies;
    this.#policies = policies;
    this.names = {
      ...(placement === undefined ? {} : { placement: placement.name }),
      ...(jobOrder === undefined ? {} : { jobOrder: jobOrder.name }),
    };
    this.placement = unlessBuiltIn('placement', placement, [spread, pack]);
    this.jobOrder = unlessBuiltIn('jobOrder', jobOrder, [roundRobin, creationTime]);
  }

  spreads({ nodeFillType }: TaskSchedulingPolicy): boolean {
    const { placement } = this.#policies;
    return placement === undefined ? nodeFillType === 'spread' : placement === spread;
  }

  /** Jobs of equal priority take turns, unless a policy says otherwise. */
  takesTurns({ jobDefaultOrder }: TaskSchedulingPolicy): boolean {
    const { jobOrder } = this.#policies;
    return jobOrder === undefined ? jobDefaultOrder !== 'creationtime' : jobOrder === roundRobin;
  }

  /** @throws BatchError `PoliciesDiffer` unless a state of policies with these names may go on under this set. */
  demand(names: PolicyNames): void {
    for (const kind of ['placement', 'jobOrder'] as const) {
      const { [kind]: made } = names;
      const { [kind]: given } = this.names;
      if (made === given) continue;
      const was = made === undefined ? `no ${kind} policy` : `the ${kind} policy "${made}"`;
      const advice =
        made === undefined
          ? `Leave ${kind} out of the engine's policies`
          : `Give the engine that policy as policies.${kind}`;
      throw new BatchError({
        code: 'PoliciesDiffer',
        message: `The state was made under ${was}, and this engine has ${given === undefined ? 'none' : `"${given}"`}. ${advice}.`,
      });
    }
  }
}

function unlessBuiltIn<Policy extends { name: string }>(
  kind: string,
  policy: Policy | undefined,
  builtIn: readonly Policy[],
): Policy | undefined {
  if (policy === undefined || builtIn.includes(policy)) return undefined;
  const { name } = policy;
  const wrong =
    typeof name !== 'string' || name.length === 0 || name.length > longestName
      ? `is no name of 1 to ${longestName} characters`
      : builtIn.some((other) => other.name === name)
        ? 'is the name of one that is built in'
        : undefined;
  if (wrong === undefined) return policy;
  throw new BatchError({
    code: 'InvalidPropertyValue',
    message: `policies.${kind}.name: ${JSON.stringify(name)} ${wrong}. A history goes on only under policies of the names that it began with.`,
    values: [
      { key: 'PropertyName', value: `policies.${kind}.name` },
      { key: 'PropertyValue', value: String(name) },
    ],
  });
}
