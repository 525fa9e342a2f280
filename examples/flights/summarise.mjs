// One task: sums up a slice of flights by airport of origin.
//   node summarise.mjs SLICE.csv PART.csv
// The part has sums and counts, not means, so that the merge is exact.
import { readFileSync, writeFileSync } from 'node:fs';

const [input, output] = process.argv.slice(2);
const [header, ...rows] = readFileSync(input, 'utf8').trimEnd().split('\n');
const names = header.split(',');
const origin = names.indexOf('origin');
const delay = names.indexOf('delay');
if (origin < 0 || delay < 0) throw new Error(`${input}: no columns origin and delay`);

const airports = new Map();
for (const row of rows) {
  const values = row.split(',');
  const minutes = Number(values[delay]);
  if (!Number.isInteger(minutes)) throw new Error(`${input}: delay is not a number in "${row}"`);
  let airport = airports.get(values[origin]);
  if (!airport) {
    airport = { flights: 0, minutes: 0, late: 0 };
    airports.set(values[origin], airport);
  }
  airport.flights++;
  airport.minutes += minutes;
  if (minutes > 15) airport.late++;
}

const lines = [...airports]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, { flights, minutes, late }]) => `${name},${flights},${minutes},${late}\n`);
writeFileSync(output, `origin,flights,minutes,late\n${lines.join('')}`);
console.log(`${rows.length} flights from ${airports.size} airports`);
