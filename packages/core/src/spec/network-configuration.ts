import { z } from 'zod';
import {
  leastFrontendPorts,
  longestEndpointName,
  mostInboundNatPools,
  mostNetworkSecurityGroupRules,
} from '../limits.ts';
import type {
  InboundNatPool,
  JobNetworkConfiguration,
  NetworkConfiguration,
} from '../specification.ts';
import { entity } from './entity.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { choice, flag, text, whole } from './scalars.ts';

/** Ports that nodes need themselves. semantics §1.2 */
const reservedBackendPorts: readonly number[] = [22, 3389, 29876, 29877];
const reservedFrontend = { start: 50_000, end: 55_000 };

const hidden: ProblemDetails = { hideValue: true };
const notEmpty = text((value) => value.trim() !== '', 'must not be empty');

const frontendPort = whole(1, 65_534).refine(
  (port) => port < reservedFrontend.start || port > reservedFrontend.end,
  `must not be from ${reservedFrontend.start} to ${reservedFrontend.end}, which are reserved`,
);

const rule = entity({
  priority: whole(150, 4096),
  access: choice(['allow', 'deny']),
  sourceAddressPrefix: notEmpty,
  sourcePortRanges: z
    .array(
      text(
        (range) => range === '*' || isPortRange(range),
        'must be "*", a port or a range of ports such as 1000-2000',
      ),
    )
    .optional(),
});

const inboundNatPool: z.ZodType<InboundNatPool> = entity({
  name: text(
    (value) =>
      value.length <= longestEndpointName && /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?$/.test(value),
    `must be 1 to ${longestEndpointName} letters, digits, underscores, periods and hyphens, begin with a letter or digit and not end with a period or hyphen`,
  ),
  protocol: choice(['tcp', 'udp']),
  backendPort: whole(1, 65_535).refine(
    (port) => !reservedBackendPorts.includes(port),
    `must not be one of ${reservedBackendPorts.join(', ')}, which are reserved`,
  ),
  frontendPortRangeStart: frontendPort,
  frontendPortRangeEnd: frontendPort,
  networkSecurityGroupRules: z.array(rule).optional(),
}).transform((given, ctx) => {
  const { frontendPortRangeStart: start, frontendPortRangeEnd: end } = given;
  if (end - start + 1 < leastFrontendPorts) {
    const reason = `must leave at least ${leastFrontendPorts} ports from frontendPortRangeStart on`;
    ctx.issues.push(issue(end, reason, {}, ['frontendPortRangeEnd']));
  } else if (start < reservedFrontend.start && end > reservedFrontend.end) {
    const reason = `must not be beyond ports ${reservedFrontend.start} to ${reservedFrontend.end}, which are reserved`;
    ctx.issues.push(issue(end, reason, {}, ['frontendPortRangeEnd']));
  }
  return given;
});

const inboundNATPools = z
  .array(inboundNatPool)
  .refine((pools) => pools.length > 0, 'must have at least one item')
  .refine(
    (pools) => pools.length <= mostInboundNatPools,
    `must have at most ${mostInboundNatPools} items`,
  )
  .superRefine((pools, ctx) => {
    const refuse = (path: PropertyKey[], reason: string): void => {
      ctx.issues.push(issue(pools, reason, hidden, path));
    };
    const rules = pools.flatMap(({ networkSecurityGroupRules = [] }) => networkSecurityGroupRules);
    if (rules.length > mostNetworkSecurityGroupRules) {
      refuse([], `must have at most ${mostNetworkSecurityGroupRules} networkSecurityGroupRules`);
    }
    const priorities = new Set<number>();
    for (const [i, pool] of pools.entries()) {
      for (const other of pools.slice(0, i)) {
        if (other.name.toLowerCase() === pool.name.toLowerCase()) {
          refuse([i, 'name'], 'must not be the name of one that stands before it');
        }
        if (other.backendPort === pool.backendPort) {
          refuse([i, 'backendPort'], `is the one of "${other.name}" already`);
        }
        const overlaps =
          pool.frontendPortRangeStart <= other.frontendPortRangeEnd &&
          other.frontendPortRangeStart <= pool.frontendPortRangeEnd;
        if (overlaps) {
          refuse(
            [i, 'frontendPortRangeStart'],
            `makes a range that overlaps that of "${other.name}"`,
          );
        }
      }
      for (const [n, { priority }] of (pool.networkSecurityGroupRules ?? []).entries()) {
        if (priorities.has(priority)) {
          const place = [i, 'networkSecurityGroupRules', n, 'priority'];
          refuse(place, 'must not be that of a rule that stands before it');
        }
        priorities.add(priority);
      }
    }
  });

/** Of a pool. semantics §1.2 */
export const networkConfiguration: z.ZodType<NetworkConfiguration> = entity({
  subnetId: notEmpty.optional(),
  dynamicVNetAssignmentScope: choice(['none', 'job']).optional(),
  endpointConfiguration: entity({ inboundNATPools }).optional(),
  publicIPAddressConfiguration: entity({
    provision: choice(['batchmanaged', 'usermanaged', 'nopublicipaddresses']).optional(),
    ipAddressIds: z.array(notEmpty).optional(),
  }).optional(),
  enableAcceleratedNetworking: flag.optional(),
});

/** Of a job. semantics §1.4 */
export const jobNetworkConfiguration: z.ZodType<JobNetworkConfiguration> = entity({
  subnetId: notEmpty,
  skipWithdrawFromVNet: flag.optional(),
});

function isPortRange(range: string): boolean {
  const [, start = '', end = start] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
  return start !== '' && Number(start) <= Number(end) && Number(end) <= 65_535;
}
