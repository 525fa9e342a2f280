import type { Body, BodyOptions } from './rest-body.ts';
import { certificateReferences, packageReferences, parseFlag, parseNumber } from './rest-body.ts';

const text = (value: string): unknown => value;

/** What jobs say of a pool of their own: `autoPool=job keepAlive=true nodes=2 prefix=x`. */
export const autoPoolOptions: BodyOptions = {
  autoPool: ['poolInfo.autoPoolSpecification.poolLifetimeOption', text],
  keepAlive: ['poolInfo.autoPoolSpecification.keepAlive', parseFlag],
  prefix: ['poolInfo.autoPoolSpecification.autoPoolIdPrefix', text],
  nodes: ['poolInfo.autoPoolSpecification.pool.targetDedicatedNodes', parseNumber],
  certificates: [
    'poolInfo.autoPoolSpecification.pool.certificateReferences',
    certificateReferences,
  ],
  packages: ['poolInfo.autoPoolSpecification.pool.applicationPackageReferences', packageReferences],
  formula: ['poolInfo.autoPoolSpecification.pool.autoScaleFormula', text],
};

/** The command line of a job manager is of no interest. */
function withManager(job: Body): Body {
  const { jobManagerTask } = job;
  return typeof jobManagerTask === 'object'
    ? { ...job, jobManagerTask: { commandLine: 'manage', ...jobManagerTask } }
    : job;
}

/** The job with its pool: p, or one of its own, with a node or a formula. */
export function withPool(given: Body): Body {
  const job = withManager(given);
  const poolInfo = (job['poolInfo'] ?? {}) as Body;
  const auto = poolInfo['autoPoolSpecification'] as Body | undefined;
  if (auto === undefined) return { ...job, poolInfo: { poolId: 'p', ...poolInfo } };
  const pool = auto['pool'] as Body | undefined;
  const size =
    pool?.['autoScaleFormula'] === undefined
      ? { targetDedicatedNodes: 1 }
      : { enableAutoScale: true };
  const own = { vmSize: 'local', ...size, ...pool };
  return { ...job, poolInfo: { ...poolInfo, autoPoolSpecification: { ...auto, pool: own } } };
}
