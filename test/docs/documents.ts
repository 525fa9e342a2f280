import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** What stands between two fences. */
export interface Block {
  /** The words after the opening fence. */
  info: string;
  text: string;
  line: number;
}

export interface Document {
  /** Relative to the root. */
  name: string;
  text: string;
  blocks: Block[];
}

/** README, CHANGELOG, CONTRIBUTING, all of docs/, the READMEs of packages and examples. */
export const documents: readonly Document[] = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'test/scenarios/README.md'],
  ...documentsIn('docs'),
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
  ...readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('README.md'))
    .map((name) => join('examples', name)),
].map((name) => {
  const text = read(name);
  return { name, text, blocks: blocksOf(text) };
});

export function read(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

function documentsIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => join(folder, name));
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  for (const match of text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)) {
    const [, info = '', body = ''] = match;
    blocks.push({ info, text: body, line: text.slice(0, match.index).split('\n').length });
  }
  return blocks;
}

/** Targets of links to files of the repository, relative to its root, with their anchors. */
export function linksOf({ name, text }: Document): { path: string; anchor: string | undefined }[] {
  const prose = text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? name : relative(root, join(root, dirname(name), file));
    return [{ path, anchor }];
  });
}

/** The anchors that headings make. */
export function anchorsOf(text: string): Set<string> {
  const headings = text.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
