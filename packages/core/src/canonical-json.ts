import type { ByteWriter } from './bytes.ts';

/*
 * JSON with the keys of every object in one order: equal values, equal bytes. It is what JSON.stringify makes
 * of objects whose keys were set in ascending order, so integers come first, by their number. The bytes are in
 * journals: they stay as they are.
 *
 * Values are data, as JSON.parse makes it: nothing with a toJSON of its own.
 */

const comma = 0x2c;
const colon = 0x3a;

export function writeCanonicalJson(writer: ByteWriter, value: unknown): void {
  switch (typeof value) {
    case 'string':
      writer.quoted(value);
      break;
    case 'number':
      writer.utf8(Number.isFinite(value) ? String(value) : 'null');
      break;
    case 'boolean':
      writer.utf8(value ? 'true' : 'false');
      break;
    case 'object':
      if (value === null) writer.utf8('null');
      else if (Array.isArray(value)) writeArray(writer, value);
      else writeObject(writer, value);
      break;
    default:
      throw new TypeError(`there is no JSON for a ${typeof value}`);
  }
}

function writeArray(writer: ByteWriter, values: readonly unknown[]): void {
  writer.uint8(0x5b);
  for (let index = 0; index < values.length; index++) {
    if (index > 0) writer.uint8(comma);
    const value = values[index];
    writeCanonicalJson(writer, isLeftOut(value) ? null : value);
  }
  writer.uint8(0x5d);
}

function writeObject(writer: ByteWriter, object: object): void {
  writer.uint8(0x7b);
  let isFirst = true;
  for (const key of orderedKeys(object)) {
    // Every key is the object's own.
    const value = (object as Record<string, unknown>)[key];
    if (isLeftOut(value)) continue;
    if (!isFirst) writer.uint8(comma);
    isFirst = false;
    writer.quoted(key);
    writer.uint8(colon);
    writeCanonicalJson(writer, value);
  }
  writer.uint8(0x7d);
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || typeof value === 'symbol';
}

/** Orders that were found out: objects of one kind come one after the other, and sorting costs more than writing. */
const mostOrders = 32;
const orders: { given: readonly string[]; ordered: readonly string[] }[] = [];
let nextOrder = 0;

function orderedKeys(object: object): readonly string[] {
  const given = Object.keys(object);
  if (given.length < 2) return given;
  for (const order of orders) if (isSame(order.given, given)) return order.ordered;
  const ordered = inOrder(given);
  orders[nextOrder] = { given, ordered };
  nextOrder = (nextOrder + 1) % mostOrders;
  return ordered;
}

function isSame(keys: readonly string[], others: readonly string[]): boolean {
  if (keys.length !== others.length) return false;
  for (let index = 0; index < keys.length; index++) if (keys[index] !== others[index]) return false;
  return true;
}

/** The order in which an object has keys that were set in ascending order. */
function inOrder(keys: readonly string[]): readonly string[] {
  const ascending = [...keys].sort((a, b) => (a < b ? -1 : 1));
  return Object.keys(Object.fromEntries(ascending.map((key) => [key, true])));
}
