import type { Report } from '@berth/core';
import { ReportKind } from '@berth/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NodeMeter } from '../src/node-meter.ts';
import { nodeDetails } from './scripted-effects.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('a node is measured every 30 s, from the time when it is there until it is gone', () => {
  const reports: Report[] = [];
  const meter = new NodeMeter(
    ({ nodeId }) => ({ cpuPermille: nodeId === 'node-1' ? 100 : 200 }),
    (report) => void reports.push(report),
  );
  meter.watch(1, 7, nodeDetails(1));
  meter.watch(2, 8, nodeDetails(2));
  vi.advanceTimersByTime(30_000);
  const kind = ReportKind.nodeSample;
  expect(reports.splice(0)).toEqual([
    { kind, node: 1, sequence: 7, cpuPermille: 100 },
    { kind, node: 2, sequence: 8, cpuPermille: 200 },
  ]);
  meter.forget(1);
  vi.advanceTimersByTime(30_000);
  expect(reports.splice(0)).toEqual([{ kind, node: 2, sequence: 8, cpuPermille: 200 }]);
  meter.forget(2);
  vi.advanceTimersByTime(60_000);
  expect(reports).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
