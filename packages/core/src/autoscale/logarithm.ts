/*
 * Logarithms from additions, multiplications and divisions alone, which every engine rounds alike (IEEE 754): those
 * of `Math` may differ in the last bit. The method is that of fdlibm's e_log.c: x = 2^k (1 + f) with
 * √½ < 1 + f < √2, and ln(1 + f) by a polynomial in s = f / (2 + f).
 */

const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
// biome-ignore lint/suspicious/noApproximativeNumericConstant: constants of Math are not the core's
const perLn2 = 1.4426950408889634;
// biome-ignore lint/suspicious/noApproximativeNumericConstant: as above
const perLn10 = 0.4342944819032518;
const log2High = 0.30102999566361177;
const log2Low = 3.694239077158931e-13;
const sqrt2 = Math.sqrt(2);

const words = new DataView(new ArrayBuffer(8));

/** Natural logarithm; of 0 −∞, of less NaN. */
export function naturalLogarithm(x: number): number {
  const special = specialLogarithm(x);
  if (special !== undefined) return special;
  const { power, rest } = split(x);
  return power * ln2High + (lnNearOne(rest) + power * ln2Low);
}

/** Exact for powers of two. */
export function binaryLogarithm(x: number): number {
  const special = specialLogarithm(x);
  if (special !== undefined) return special;
  const { power, rest } = split(x);
  return power + lnNearOne(rest) * perLn2;
}

/** Exact for powers of ten. */
export function decimalLogarithm(x: number): number {
  const special = specialLogarithm(x);
  if (special !== undefined) return special;
  // As e_log10.c: the power is halved the other way, so that the two parts have the same sign.
  let { power, rest } = split(x);
  if (rest < 1) {
    power--;
    rest *= 2;
  }
  if (power < 0) {
    power++;
    rest /= 2;
  }
  const low = power * log2Low + perLn10 * naturalLogarithm(rest);
  return low + power * log2High;
}

function specialLogarithm(x: number): number | undefined {
  if (x > 0 && x < Infinity) return undefined;
  return x === 0 ? -Infinity : x > 0 ? Infinity : NaN;
}

/** x = 2^power · rest, √½ < rest < √2. */
function split(x: number): { power: number; rest: number } {
  let power = 0;
  if (x < 2.2250738585072014e-308) {
    // Subnormal: 2^54 times as much is not.
    x *= 18_014_398_509_481_984;
    power = -54;
  }
  words.setFloat64(0, x);
  const high = words.getUint32(0);
  power += (high >>> 20) - 1023;
  words.setUint32(0, (high & 0xf_ffff) | 0x3ff0_0000);
  const rest = words.getFloat64(0);
  return rest < sqrt2 ? { power, rest } : { power: power + 1, rest: rest / 2 };
}

function lnNearOne(x: number): number {
  const f = x - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even =
    z *
    (0.6666666666666735 +
      w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const odd = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const half = 0.5 * f * f;
  return f - (half - s * (half + (even + odd)));
}
