import { canonicalJson } from './bytes.ts';
import type { TaskSpecification, TaskTemplate } from './specification.ts';
import type { TaskLimits } from './task-limits.ts';
import { limitsOf } from './task-limits.ts';
import type { TaskRows } from './task-rows.ts';
import { Word } from './task-rows.ts';
import { hasTemplate, templateOf } from './task-template.ts';
import type { TaskTextEntry } from './task-text.ts';
import { TaskIdIndex, TaskText } from './task-text.ts';

/** The tasks of a job that were given one by one: their texts, the index of their ids, what they share. */
export class GivenTasks {
  readonly #rows: TaskRows;
  text: TaskText = new TaskText();
  readonly ids: TaskIdIndex = new TaskIdIndex(
    (row) => this.id(row),
    (row, key) => this.text.hasId(this.#place(row), key),
  );
  /** Interned specifications, without id, commandLine and dependsOn. */
  readonly templates: { template: TaskTemplate; limits: TaskLimits }[] = [];
  readonly templateByJson: Map<string, number> = new Map();
  /** Of the last task that was added: the next is likely to have the same. */
  #lastTemplate = 0;
  /** Whether some of them has a wall clock, or names a node. */
  someWallClock = false;
  someAffinity = false;

  constructor(rows: TaskRows) {
    this.#rows = rows;
  }

  /** Keeps the row's text; its limits. */
  add(row: number, entry: TaskTextEntry): TaskLimits {
    this.#rows.touch(row)[this.#rows.offset(row) + Word.text] = this.text.add(entry);
    this.ids.add(entry.id, row);
    return this.templates[entry.template]!.limits;
  }

  id(row: number): string {
    return this.text.id(this.#place(row));
  }

  entry(row: number): TaskTextEntry {
    return this.text.get(this.#place(row));
  }

  limits(row: number): TaskLimits {
    return this.templates[this.text.template(this.#place(row))]!.limits;
  }

  /** Place in `templates` of what the task shares with others. */
  internTemplate(task: TaskSpecification): number {
    const last = this.templates[this.#lastTemplate];
    if (last !== undefined && hasTemplate(task, last.template)) return this.#lastTemplate;
    const template = templateOf(task);
    const json = canonicalJson(template);
    this.#lastTemplate = this.templateByJson.get(json) ?? this.keepTemplate(template, json);
    return this.#lastTemplate;
  }

  /** Keeps what tasks share; its place in `templates`. */
  keepTemplate(template: TaskTemplate, json: string): number {
    const limits = limitsOf(template);
    if (limits.maxWallClockTimeMs !== undefined) this.someWallClock = true;
    if (template.affinityInfo !== undefined) this.someAffinity = true;
    const number = this.templates.push({ template, limits }) - 1;
    this.templateByJson.set(json, number);
    return number;
  }

  #place(row: number): number {
    return this.#rows.get(row, Word.text);
  }
}
