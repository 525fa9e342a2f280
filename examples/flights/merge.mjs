// The last task: adds up the parts of all slices and ranks the airports.
//   node merge.mjs PARTS-DIRECTORY NUMBER-OF-PARTS
// Writes ranking.csv (every airport) and ranking.txt (the table that it also prints).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const shown = 20;
// Below this many flights a share says little: such airports are in the totals, but not ranked.
const fewest = 1000;

const [directory, expected] = process.argv.slice(2);
const parts = readdirSync(directory).filter((name) => name.endsWith('.csv'));
if (parts.length !== Number(expected)) {
  throw new Error(`${directory} has ${parts.length} parts, not ${expected}`);
}

const airports = new Map();
const all = { flights: 0, minutes: 0, late: 0 };
for (const part of parts) {
  for (const row of readFileSync(join(directory, part), 'utf8').trimEnd().split('\n').slice(1)) {
    const [name, ...figures] = row.split(',');
    const [flights, minutes, late] = figures.map(Number);
    const airport = airports.get(name) ?? { flights: 0, minutes: 0, late: 0 };
    airports.set(name, airport);
    for (const sum of [airport, all]) {
      sum.flights += flights;
      sum.minutes += minutes;
      sum.late += late;
    }
  }
}

const mean = ({ minutes, flights }) => (minutes / flights).toFixed(2);
const share = ({ late, flights }) => ((100 * late) / flights).toFixed(2);

// Compared as fractions of integers, so that no rounding decides; then by name.
const ranked = [...airports].sort(
  ([a, x], [b, y]) => y.late * x.flights - x.late * y.flights || (a < b ? -1 : 1),
);
const csv = ranked.map(([name, sums]) => `${name},${sums.flights},${mean(sums)},${share(sums)}\n`);
writeFileSync('ranking.csv', `origin,flights,mean_delay_minutes,late_percent\n${csv.join('')}`);

const line = (rank, name, sums) =>
  [
    String(rank).padStart(4),
    name.padEnd(6),
    sums.flights.toLocaleString('en').padStart(10),
    `${mean(sums)} min`.padStart(11),
    `${share(sums)} %`.padStart(9),
  ].join('  ');
const rule = `${'─'.repeat(4)}  ${'─'.repeat(6)}  ${'─'.repeat(10)}  ${'─'.repeat(11)}  ${'─'.repeat(9)}`;
const table = [
  `Late flights by airport of origin: more than 15 minutes late, of ${fewest.toLocaleString('en')} flights or more`,
  '',
  `${'rank'}  ${'origin'}  ${'flights'.padStart(10)}  ${'mean delay'.padStart(11)}  ${'late'.padStart(9)}`,
  rule,
  ...ranked
    .filter(([, sums]) => sums.flights >= fewest)
    .slice(0, shown)
    .map(([name, sums], index) => line(index + 1, name, sums)),
  rule,
  line('all', String(airports.size), all),
  '',
].join('\n');
writeFileSync('ranking.txt', table);
process.stdout.write(table);
