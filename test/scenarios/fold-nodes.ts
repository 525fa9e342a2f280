const nodeLine = /^((?:.*: )?(?:get |release |reboot |reimage )?)node (\S+?\/node-)(\d+)(.*)$/;

/** Lines that say the same of consecutive nodes become one: `get nodes p/node-1..3`. */
export function foldNodes(lines: readonly string[]): string[] {
  const folded: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const match = nodeLine.exec(lines[at]!);
    let last = at;
    if (match !== null) {
      const [, before, name, first, after] = match;
      const follows = (n: number): string => `${before}node ${name}${Number(first) + n}${after}`;
      while (lines[last + 1] === follows(last + 1 - at)) last++;
      if (last > at) {
        folded.push(`${before}nodes ${name}${first}..${Number(first) + last - at}${after}`);
      }
    }
    if (last === at) folded.push(lines[at]!);
    at = last + 1;
  }
  return folded;
}
