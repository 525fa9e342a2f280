/**
 * Output file patterns (semantics §5): `*`, `?` and `[…]` stay inside a name, `**` as a whole name stands
 * for any number of directories, a name that starts with `.` needs an explicit dot, `[*]` is a star.
 */

/** `$NAME` and `${NAME}`, before anything else; what is not set is empty. */
export function expandVariables(pattern: string, variables: ReadonlyMap<string, string>): string {
  return pattern.replace(
    /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (_whole, braced: string | undefined, bare: string | undefined) =>
      variables.get(braced ?? bare ?? '') ?? '',
  );
}

export function hasWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** Matches one name; `undefined` for `**`. */
export function nameMatcher(part: string): RegExp | undefined {
  if (part === '**') return undefined;
  let source = /^[*?[]/.test(part) && !part.startsWith('[.]') ? '(?!\\.)' : '';
  for (let i = 0; i < part.length; i++) {
    const c = part.charAt(i);
    if (c === '*') source += '.*';
    else if (c === '?') source += '.';
    else if (c === '[') {
      const negated = part.charAt(i + 1) === '!';
      const start = i + (negated ? 2 : 1);
      // A `]` that comes first is an ordinary member.
      const end = part.indexOf(']', start + 1);
      if (end < 0) source += '\\[';
      else {
        const members = part.slice(start, end).replace(/[\\\]^[]/g, '\\$&');
        source += `[${negated ? '^' : ''}${members}]`;
        i = end;
      }
    } else source += c.replace(/[\\^$.|?*+(){}[\]]/g, '\\$&');
  }
  return new RegExp(`^${source}$`, 'su');
}

/** A name without wildcards but with `[x]` escapes, as it is; `undefined` if it has real wildcards. */
export function literalName(part: string): string | undefined {
  const literal = part.replace(/\[([^!])\]/g, '');
  return hasWildcard(literal) ? undefined : part.replace(/\[([^!])\]/g, '$1');
}
