import type { Command, EffectBatch, Report } from '@berth/core';
import {
  applicationPackageMachine,
  certificateMachine,
  EffectKind,
  Engine,
  InputBatch,
  nodeMachine,
  ReportKind,
} from '@berth/core';
import { parsePool, parsePoolPatch } from '@berth/core/spec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeout } from './check.ts';
import type { NaiveReference } from './naive-installs.ts';
import { NaiveInstalls } from './naive-installs.ts';

// Applications, certificates and what nodes install of them, against a model that looks everything up anew.

const applicationId = fc.constantFrom('a', 'A', 'b');
const version = fc.constantFrom('1', '2');
const thumbprint = fc.constantFrom('ab', 'AB', 'cd');
const poolId = fc.constantFrom('p', 'q');
const packages: fc.Arbitrary<NaiveReference[]> = fc.uniqueArray(
  fc.record({ applicationId, version }, { requiredKeys: ['applicationId'] }),
  { maxLength: 2, selector: ({ applicationId: id, version: of }) => `${id} ${of}`.toLowerCase() },
);
const certificates = fc.uniqueArray(thumbprint, {
  maxLength: 2,
  selector: (digits) => digits.toLowerCase(),
});
const references = fc.record({ packages, certificates });

type Step =
  | { is: 'command'; command: Command }
  | { is: 'pool' | 'patch'; poolId: string; packages: NaiveReference[]; certificates: string[] }
  | { is: 'node'; what: 'reboot' | 'reimage'; pick: number }
  | { is: 'report'; kind: 3 | 5 | 6 | 7; pick: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  applicationId.map((id) => ({
    type: 'addApplication' as const,
    application: { id, allowUpdates: true },
  })),
  fc.record({ applicationId, version }).map(({ applicationId: id, version: of }) => ({
    type: 'addApplicationPackage' as const,
    applicationId: id,
    package: { version: of, content: { httpUrl: `http://x/${id}/${of}` } },
  })),
  fc.record({
    type: fc.constantFrom(
      'activateApplicationPackage' as const,
      'activateApplicationPackage' as const,
      'deleteApplicationPackage' as const,
    ),
    applicationId,
    version,
  }),
  fc.record({
    type: fc.constant('patchApplication' as const),
    applicationId,
    patch: fc.record({ defaultVersion: version, allowUpdates: fc.boolean() }, { requiredKeys: [] }),
  }),
  fc.record({ type: fc.constant('deleteApplication' as const), applicationId }),
  thumbprint.map((digits) => ({
    type: 'addCertificate' as const,
    certificate: {
      thumbprint: digits,
      thumbprintAlgorithm: 'sha1' as const,
      certificateFormat: 'cer' as const,
      data: '<secret:h>',
    },
  })),
  fc.record({
    type: fc.constantFrom('deleteCertificate' as const, 'cancelCertificateDeletion' as const),
    thumbprintAlgorithm: fc.constant('sha1'),
    thumbprint,
  }),
  fc.record({ type: fc.constant('deletePool' as const), poolId }),
);
const pick = fc.nat({ max: 50 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: command.map((one): Step => ({ is: 'command', command: one })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('pool' as const, 'patch' as const), poolId, references)
      .map(([is, id, more]): Step => ({ is, poolId: id, ...more })),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('node' as const),
      what: fc.constantFrom('reboot' as const, 'reimage' as const),
      pick,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      is: fc.constant('report' as const),
      kind: fc.constantFrom(3 as const, 3 as const, 3 as const, 5 as const, 6 as const, 7 as const),
      pick,
    }),
  },
);

const addPackage = (id: string, of: string): Command[] => [
  {
    type: 'addApplicationPackage',
    applicationId: id,
    package: { version: of, content: { httpUrl: `http://x/${id}/${of}` } },
  },
  { type: 'activateApplicationPackage', applicationId: id, version: of },
];
const addCertificate = (digits: string): Command => ({
  type: 'addCertificate',
  certificate: {
    thumbprint: digits,
    thumbprintAlgorithm: 'sha1',
    certificateFormat: 'cer',
    data: '<secret:h>',
  },
});

/** With much to begin with, so that short histories reach far. */
const begin: Command[] = [
  { type: 'addApplication', application: { id: 'a', allowUpdates: true } },
  { type: 'addApplication', application: { id: 'b', allowUpdates: true } },
  ...addPackage('a', '1'),
  ...addPackage('a', '2'),
  ...addPackage('b', '1'),
  { type: 'patchApplication', applicationId: 'a', patch: { defaultVersion: '1' } },
  addCertificate('ab'),
  addCertificate('cd'),
  poolCommand({ is: 'pool', poolId: 'p', packages: [], certificates: ['ab'] }),
];

const machines = {
  node: nodeMachine,
  applicationPackage: applicationPackageMachine,
  certificate: certificateMachine,
};

test(
  'nodes install what their pool names when they are asked for, and nothing in use is deleted, as a naive model says',
  () => {
    const property = fc.property(fc.array(step, { maxLength: 60, size: '+1' }), (steps) => {
      const engine = new Engine();
      engine.listening = true;
      const naive = new NaiveInstalls();
      const nodes = new Map<number, { sequence: number; poolId: string; nodeId: string }>();
      const note = (effects: EffectBatch): void => {
        for (let index = 0; index < effects.length; index++) {
          const node = effects.node(index);
          const details = effects.catalog.node(node);
          const { nodeId, poolId: ofPool } = details;
          nodes.set(node, { sequence: effects.sequence(index), poolId: ofPool, nodeId });
          if (effects.kind(index) === EffectKind.releaseNode) continue;
          const told = naive.install(node, nodeId, ofPool);
          expect(details.applicationPackages).toEqual(told.packages);
          expect(details.certificates.map((one) => one.thumbprint)).toEqual(told.certificates);
        }
      };
      const apply = (input: Command | Report): void => {
        const batch = new InputBatch();
        const inputs = 'type' in input ? batch.command(1, input) : batch.report(1, input);
        const expected = 'type' in input ? naive.decide(input) : 'whatever';
        const { results, effects, events } = engine.apply(inputs);
        if (expected !== 'whatever') expect(results[0]?.error?.code).toBe(expected);
        for (const event of events) {
          if (event.entity === 'node' && event.to === 'gone') {
            naive.nodeGone(event.poolId, event.nodeId);
          }
          if (event.entity === 'pool' && event.to === 'gone') naive.poolGone(event.poolId);
          if (!(event.entity in machines)) continue;
          const machine = machines[event.entity as keyof typeof machines];
          const isKnown = machine.transitions.some(
            ({ from, to }) => from === event.from && to === event.to,
          );
          expect(isKnown, `${event.entity}: ${event.from} → ${event.to}`).toBe(true);
        }
        note(effects);
        expect(engine.validate()).toEqual([]);
        const restored = Engine.restore(engine.snapshot());
        expect(restored.stateHash()).toBe(engine.stateHash());
        expect(engine.queries.applications()).toMatchObject(naive.applications);
        const views = engine.queries.certificates();
        expect(views.map((one) => `${one.thumbprint} ${one.state}`)).toEqual(naive.certificates);
      };
      for (const one of begin) apply(one);
      for (const [node, { sequence }] of nodes) {
        apply({ kind: ReportKind.nodeReady, node, sequence });
      }
      for (const one of steps) {
        if (one.is === 'command') apply(one.command);
        else if (one.is !== 'report' && one.is !== 'node') apply(poolCommand(one));
        else {
          const known = [...nodes.entries()];
          const chosen = known[one.pick % Math.max(1, known.length)];
          if (chosen === undefined) continue;
          const [node, { sequence, poolId: ofPool, nodeId }] = chosen;
          if (one.is === 'report') {
            apply(
              one.kind === ReportKind.nodeUnusable
                ? { kind: one.kind, node, sequence, error: 'NodePreparationError' }
                : { kind: one.kind, node, sequence },
            );
            const state = engine.queries.node(ofPool, nodeId)?.state;
            if (naive.fails(node)) expect(['idle', 'running', 'offline']).not.toContain(state);
          } else if (one.what === 'reboot') {
            apply({ type: 'rebootNode', poolId: ofPool, nodeId, nodeRebootOption: 'requeue' });
          } else {
            apply({ type: 'reimageNode', poolId: ofPool, nodeId, nodeReimageOption: 'requeue' });
          }
        }
      }
    });
    fc.assert(property, { numRuns: 100 * Math.max(1, Number(process.env['BERTH_RUNS'] ?? 1)) });
  },
  timeout,
);

function poolCommand(step: Extract<Step, { is: 'pool' | 'patch' }>): Command {
  const body = {
    applicationPackageReferences: step.packages,
    certificateReferences: step.certificates.map((digits) => ({
      thumbprintAlgorithm: 'sha1',
      thumbprint: digits,
    })),
  };
  if (step.is === 'patch') {
    return { type: 'patchPool', poolId: step.poolId, patch: parsePoolPatch(body) };
  }
  const size = { vmSize: 'local', targetDedicatedNodes: 1, targetLowPriorityNodes: 1 };
  return { type: 'addPool', pool: parsePool({ id: step.poolId, ...size, ...body }) };
}
