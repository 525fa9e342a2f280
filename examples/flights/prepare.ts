/**
 * Cuts the three million flights of `vega-datasets` into slices of CSV, the input of the example's
 * tasks. Reads one row group at a time, so that memory stays small; does nothing when the slices are
 * already there.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** job.yaml counts on it: its factory goes from 0 to 47. */
const slices = 48;
const columns = ['date', 'delay', 'distance', 'origin', 'destination'] as const;

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = join(root, 'node_modules/vega-datasets/data/flights-3m.parquet');
const target = join(root, '.berth/flights/slices');
// Beside the slices, not among them, and written last: an interrupted run leaves none.
const stampFile = `${target}.stamp`;
const stamp = JSON.stringify({ format: 1, sourceBytes: statSync(source).size, slices });

function upToDate(): boolean {
  try {
    return readFileSync(stampFile, 'utf8') === stamp && statSync(target).isDirectory();
  } catch {
    return false;
  }
}

async function cut(): Promise<number> {
  const file = await asyncBufferFromFile(source);
  const metadata = await parquetMetadataAsync(file);
  const totalRows = Number(metadata.num_rows);
  const firstRow = (slice: number) => Math.floor((totalRows * slice) / slices);

  // Complete before it gets its name, and apart from another run that does the same.
  const folder = `${target}.${process.pid}`;
  mkdirSync(folder, { recursive: true });

  let output = -1;
  let slice = 0;
  const openNext = (): void => {
    if (output >= 0) closeSync(output);
    output = openSync(join(folder, `slice-${String(slice++).padStart(2, '0')}.csv`), 'w');
    writeSync(output, `${columns.join(',')}\n`);
  };

  // Many flights leave in the same minute: its text is made once.
  let lastTime = Number.NaN;
  let lastMinute = '';
  const minute = (date: Date): string => {
    if (date.getTime() !== lastTime) {
      lastTime = date.getTime();
      lastMinute = date.toISOString().slice(0, 16);
    }
    return lastMinute;
  };

  let groupStart = 0;
  for (const group of metadata.row_groups) {
    const groupEnd = groupStart + Number(group.num_rows);
    const values: Record<string, ArrayLike<unknown>> = {};
    await parquetRead({
      file,
      metadata,
      compressors,
      columns: [...columns],
      rowStart: groupStart,
      rowEnd: groupEnd,
      onChunk: ({ columnName, columnData, rowStart, rowEnd }) => {
        if (rowStart !== groupStart || rowEnd !== groupEnd) {
          throw new Error(`${source}: column ${columnName} does not come in whole row groups`);
        }
        values[columnName] = columnData;
      },
    });
    const [dates, ...others] = columns.map((name) => values[name] ?? []);
    for (let row = groupStart; row < groupEnd; ) {
      if (row === firstRow(slice)) openNext();
      let text = '';
      for (const end = Math.min(groupEnd, firstRow(slice)); row < end; row++) {
        text += minute(dates?.[row - groupStart] as Date);
        for (const column of others) text += `,${column[row - groupStart]}`;
        text += '\n';
      }
      writeSync(output, text);
    }
    groupStart = groupEnd;
  }
  closeSync(output);

  rmSync(stampFile, { force: true });
  rmSync(target, { recursive: true, force: true });
  renameSync(folder, target);
  writeFileSync(stampFile, stamp);
  return totalRows;
}

if (!upToDate()) {
  mkdirSync(dirname(target), { recursive: true });
  const start = performance.now();
  const rows = await cut();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `flights: ${rows.toLocaleString('en')} rows in ${slices} slices, ${relative(root, target)} (${seconds} s)`,
  );
}
