import { editDistance } from './nearest.ts';

/** What a pool may be made of. semantics §1.2 */
export interface NodeSize {
  name: string;
  cores: number;
  memoryMiB?: number;
  diskMiB?: number;
}

function size(name: string, cores: number, memoryGiB: number, diskGiB: number): NodeSize {
  return { name, cores, memoryMiB: memoryGiB * 1024, diskMiB: diskGiB * 1024 };
}

/** The sizes of 2016; there is no ExtraSmall = A0, which the service excludes. */
const sizesOf2016: readonly NodeSize[] = [
  ...['Small', 'A1'].map((name) => size(name, 1, 1.75, 224)),
  ...['Medium', 'A2'].map((name) => size(name, 2, 3.5, 489)),
  ...['Large', 'A3'].map((name) => size(name, 4, 7, 999)),
  ...['ExtraLarge', 'A4'].map((name) => size(name, 8, 14, 2039)),
  size('A5', 2, 14, 489),
  size('A6', 4, 28, 999),
  size('A7', 8, 56, 2039),
  ...['A8', 'A10'].map((name) => size(name, 8, 56, 382)),
  ...['A9', 'A11'].map((name) => size(name, 16, 112, 382)),
  ...['', '_v2'].flatMap((version) => [
    size(`D1${version}`, 1, 3.5, 50),
    size(`D2${version}`, 2, 7, 100),
    size(`D3${version}`, 4, 14, 200),
    size(`D4${version}`, 8, 28, 400),
    size(`D11${version}`, 2, 14, 100),
    size(`D12${version}`, 4, 28, 200),
    size(`D13${version}`, 8, 56, 400),
    size(`D14${version}`, 16, 112, 800),
  ]),
  size('D5_v2', 16, 56, 800),
];

/** Of the size `local` where nobody says what this machine has. */
const DEFAULT_LOCAL_CORES = 64;

/** The sizes there are: the account's own first, then `local`, then those of 2016. */
export function nodeSizeTable(
  own: readonly NodeSize[],
  localCores: number = DEFAULT_LOCAL_CORES,
): readonly NodeSize[] {
  return [...own, { name: 'local', cores: localCores }, ...sizesOf2016];
}

/** Finds a size in any case, with or without `Standard_`. */
export function findNodeSize(table: readonly NodeSize[], vmSize: string): NodeSize | undefined {
  const wanted = bareName(vmSize);
  return table.find(({ name }) => bareName(name) === wanted);
}

/** The size whose name is most like `vmSize`, a longer name (D5: D5_v2) before another; a table is never empty. */
export function nearestNodeSize(table: readonly NodeSize[], vmSize: string): string {
  const wanted = bareName(vmSize).slice(0, 64);
  const distance = ({ name }: NodeSize): number => {
    const bare = bareName(name);
    return bare.startsWith(wanted) ? 0 : editDistance(wanted, bare);
  };
  return table.reduce((best, one) => (distance(one) < distance(best) ? one : best)).name;
}

function bareName(name: string): string {
  return name.toLowerCase().replace(/^standard_/, '');
}
