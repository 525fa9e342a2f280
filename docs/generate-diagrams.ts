// Writes the diagrams of the state machines into the documents beside, out of the tables that the engine moves by:
//   node --conditions=@berth/source --import tsx docs/generate-diagrams.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from '@berth/core';
import {
  accountMachine,
  allocationMachine,
  applicationPackageMachine,
  certificateMachine,
  jobMachine,
  jobScheduleMachine,
  nodeMachine,
  poolMachine,
  taskMachine,
} from '@berth/core';

/** Which document shows which machine. */
export const diagrams: readonly [document: string, machine: Machine<string, string>][] = [
  ['account.md', accountMachine],
  ['pool.md', poolMachine],
  ['pool.md', allocationMachine],
  ['node.md', nodeMachine],
  ['application.md', applicationPackageMachine],
  ['certificate.md', certificateMachine],
  ['job.md', jobMachine],
  ['job-schedule.md', jobScheduleMachine],
  ['task.md', taskMachine],
];

/** `gone` is no state that anybody sees: it is the end. */
function shown(state: string): string {
  return state === 'gone' ? '[*]' : state;
}

/** A machine as a Mermaid state diagram; triggers that lead from one state to the same other share an arrow. */
export function diagramOf(machine: Machine<string, string>): string {
  const arrows = new Map<string, string[]>();
  for (const { from, trigger, to } of machine.transitions) {
    const arrow = `${shown(from)} --> ${shown(to)}`;
    arrows.set(arrow, [...(arrows.get(arrow) ?? []), trigger]);
  }
  return [
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${machine.states[0]}`,
    ...[...arrows].map(([arrow, triggers]) => `  ${arrow}: ${triggers.join(', ')}`),
    '```',
  ].join('\n');
}

/** The text with its diagram of the machine as it is now. Throws if it has no place for one. */
export function withDiagram(text: string, machine: Machine<string, string>): string {
  const [begin, end] = [`<!-- diagram: ${machine.name} -->\n`, '\n<!-- end of diagram -->'];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`no place for the diagram of ${machine.name}`);
  return text.slice(0, from + begin.length) + diagramOf(machine) + text.slice(to);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [document, machine] of diagrams) {
    const file = join(import.meta.dirname, document);
    writeFileSync(file, withDiagram(readFileSync(file, 'utf8'), machine));
  }
}
