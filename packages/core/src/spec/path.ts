/** Where a value stands in a specification: property names and list indexes from the outside in. */
export type Path = readonly PropertyKey[];

const plainName = /^[A-Za-z_$][\w$]*$/;

/** `tasks[3].resourceFiles[0].filePath`; names that are no identifiers as `["odd name"]`. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!plainName.test(String(step))) text += `[${JSON.stringify(shorten(String(step)))}]`;
    else text += text === '' ? shorten(String(step)) : `.${shorten(String(step))}`;
  }
  return text;
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/**
 * Orders places as the document has them. What is missing stands at the end of its object, since only there it
 * is known to be missing: so a misspelt name comes before the property that it leaves out.
 */
export function compareInDocument(root: unknown): (a: Path, b: Path) => number {
  return (a, b) => {
    let value = root;
    for (let i = 0; i < a.length && i < b.length; i++) {
      if (a[i] !== b[i]) return rank(value, a[i]!) - rank(value, b[i]!);
      value = valueAt(value, [a[i]!]);
    }
    return a.length - b.length;
  };
}

function rank(parent: unknown, step: PropertyKey): number {
  if (typeof step === 'number') return step;
  if (typeof parent !== 'object' || parent === null) return 0;
  const keys = Object.keys(parent);
  const index = keys.indexOf(String(step));
  return index === -1 ? keys.length : index;
}

/** At most 100 characters, so that an error never carries a whole document. */
export function shorten(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`;
}
