/*
 * Every limit of semantics §12 that the core or the door knows, in one place; `test/limits` shows each. Counts of
 * characters are UTF-16 code units, bytes those of UTF-8.
 */

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Ids of pools, jobs, job schedules, tasks and applications, and names of accounts and executors. */
export const longestId = 64;
export const longestDisplayName = 1024;
export const longestAutoPoolIdPrefix = 20;
/** Of a user account, in Unicode characters. */
export const longestUserName = 20;
export const mostMetadataItems = 100;

/** Bytes. */
export const longestCommandLine = 32_768;
/** Bytes of names and values of one list together. */
export const largestEnvironment = 32_768;
/** Characters of a start task as JSON, with all that belongs to it. */
export const longestStartTask = 32_768;

export const lowestPriority = -1000;
export const highestPriority = 1000;
/** −1: any number. */
export const leastTaskRetryCount = -1;

export const taskSlotsPerCore = 4;
export const mostTaskSlotsPerNode = 256;
export const mostMounts = 10;
export const mostInboundNatPools = 5;
/** Of all inbound NAT pools together. */
export const mostNetworkSecurityGroupRules = 25;
/** Of one inbound NAT pool. */
export const leastFrontendPorts = 40;
/** Name of an inbound NAT pool. */
export const longestEndpointName = 77;

/** Characters of all ids together. */
export const longestDependencyIdList = 64_000;
/** The service names an error for too many and no number. */
export const mostDependencyRanges = 10_000;

/** From its creation to its latest start (ruling 19). */
export const taskLifetimeMs: number = 180 * dayMs;

/** Of the wire: `parseTaskCollection` holds them; the embedded client adds any number. */
export const mostTasksPerCollection = 100;
/** Bytes. */
export const largestTaskCollection = 1_048_576;

export const leastResizeTimeoutMs: number = 5 * minuteMs;
export const defaultResizeTimeoutMs: number = 15 * minuteMs;
export const mostNodesToRemove = 100;

export const longestFormula = 8_192;
export const mostFormulaStatements = 100;
export const leastEvaluationIntervalMs: number = 5 * minuteMs;
export const mostEvaluationIntervalMs: number = 168 * 60 * minuteMs;
export const defaultEvaluationIntervalMs: number = 15 * minuteMs;
/** Between two enableAutoScale of one pool. */
export const betweenEnableAutoScalesMs = 30_000;

/** Windows and intervals of job schedules. */
export const leastScheduleSpanMs: number = minuteMs;

export const mostApplications = 20;
/** Versions of one application. */
export const mostApplicationPackages = 40;
export const mostApplicationPackageReferences = 10;
/** Bytes of a certificate itself, not of its base64. */
export const largestCertificate = 10_240;
