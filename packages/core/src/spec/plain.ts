import type { Problem } from './problem.ts';

/** Deeper than any specification is; what nests further (or in a circle) is refused. */
const MAX_DEPTH = 32;
/** Room for a file of a million tasks; beyond it a specification would only exhaust the memory. */
const MAX_VALUES = 20_000_000;

const loneSurrogate = /\p{Surrogate}/u;

/**
 * The value as plain JSON, before anybody looks at what it says: objects without properties that are null (as in
 * Azure, the same as absent) or undefined, no −0, no NaN or infinity, no text that is not well-formed Unicode
 * or holds a NUL, nothing that has no JSON form. What is clean already is returned itself, not copied.
 */
export function plain(value: unknown): { value: unknown } | { problem: Problem } {
  const walk = new Walk();
  const clean = walk.visit(value);
  return walk.problem === undefined ? { value: clean } : { problem: walk.problem };
}

class Walk {
  problem: Problem | undefined;
  private readonly path: PropertyKey[] = [];
  private values = 0;

  visit(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        if (value.includes('\0')) return this.refuse('must not contain a NUL character');
        if (loneSurrogate.test(value)) return this.refuse('must be well-formed Unicode text');
        return value;
      case 'number':
        if (!Number.isFinite(value)) return this.refuse('must be a finite number');
        return value === 0 ? 0 : value;
      case 'boolean':
      case 'undefined':
        return value;
      case 'object':
        return value === null ? value : this.visitObject(value);
      default:
        return this.refuse(`must be JSON, which has no ${typeof value}`, undefined, true);
    }
  }

  private visitObject(value: object): unknown {
    if (this.path.length >= MAX_DEPTH) {
      return this.refuse(`is nested deeper than ${MAX_DEPTH} levels`, 'InvalidRequestBody', true);
    }
    if (Array.isArray(value)) return this.visitList(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    // The second test knows Object.prototype of another realm (a worker, a test runner's sandbox).
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      return this.refuse('must be JSON: a plain object, not a class instance', undefined, true);
    }
    const record = value as Record<string, unknown>;
    const keys = Object.keys(record);
    if (!this.count(keys.length)) return undefined;
    let copy: Record<string, unknown> | undefined;
    for (const [i, key] of keys.entries()) {
      this.path.push(key);
      if (key === '__proto__') {
        return this.refuse('is a name that no property may have', 'UnsupportedProperty', true);
      }
      const before = record[key];
      const after = this.visit(before);
      if (this.problem !== undefined) return undefined;
      this.path.pop();
      if (copy === undefined && (after == null || !Object.is(before, after))) {
        copy = {};
        for (const kept of keys.slice(0, i)) copy[kept] = record[kept];
      }
      if (copy !== undefined && after != null) copy[key] = after;
    }
    return copy ?? value;
  }

  private visitList(list: readonly unknown[]): unknown {
    if (!this.count(list.length)) return undefined;
    let copy: unknown[] | undefined;
    for (let i = 0; i < list.length; i++) {
      this.path.push(i);
      const after = this.visit(list[i]);
      if (this.problem !== undefined) return undefined;
      this.path.pop();
      if (copy === undefined && !Object.is(list[i], after)) copy = list.slice(0, i);
      copy?.push(after);
    }
    return copy ?? list;
  }

  private count(more: number): boolean {
    this.values += more;
    if (this.values <= MAX_VALUES) return true;
    this.refuse(`makes more than ${MAX_VALUES} values`, 'RequestBodyTooLarge', true);
    return false;
  }

  private refuse(reason: string, code = 'InvalidPropertyValue', hideValue = false): undefined {
    this.problem = { code, path: [...this.path], reason, hideValue };
    return undefined;
  }
}
