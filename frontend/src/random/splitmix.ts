/** Whole numbers of 64 bits in two halves, and what the engine draws with them: SplitMix64 (Steele, Lea and Flood 2014). */

export type Bits = readonly [high: number, low: number];

export const GOLDEN: Bits = [0x9e3779b9, 0x7f4a7c15];
const FIRST: Bits = [0xbf58476d, 0x1ce4e5b9];
const SECOND: Bits = [0x94d049bb, 0x133111eb];
const OF_SEED: Bits = [0xd1b54a32, 0xd192ed03];
const WORD = 2 ** 32;

export const plus = ([a, b]: Bits, [c, d]: Bits): Bits => {
  const low = b + d;
  return [(a + c + (low >= WORD ? 1 : 0)) >>> 0, low >>> 0];
};
export const xor = ([a, b]: Bits, [c, d]: Bits): Bits => [(a ^ c) >>> 0, (b ^ d) >>> 0];
const shifted = ([high, low]: Bits, by: number): Bits => [high >>> by, ((low >>> by) | (high << (32 - by))) >>> 0];

export function times([a, b]: Bits, [c, d]: Bits): Bits {
  const [b0, b1, d0, d1] = [b & 0xffff, b >>> 16, d & 0xffff, d >>> 16];
  const first = b1 * d0 + Math.floor((b0 * d0) / 65536);
  const second = b0 * d1 + (first % 65536);
  const carried = b1 * d1 + Math.floor(first / 65536) + Math.floor(second / 65536);
  return [(carried + Math.imul(a, d) + Math.imul(b, c)) >>> 0, Math.imul(b, d) >>> 0];
}

const stirred = (bits: Bits): Bits => {
  const once = times(xor(bits, shifted(bits, 30)), FIRST);
  const twice = times(xor(once, shifted(once, 27)), SECOND);
  return xor(twice, shifted(twice, 31));
};
/** Every bit depends on every bit: SplitMix64's step. */
export const mixed = (bits: Bits): Bits => stirred(plus(bits, GOLDEN));
export const bitsOf = (whole: number): Bits => [Math.floor(whole / WORD) >>> 0, whole >>> 0];
/** A number from 0 to limit − 1, from the upper half of the bits. */
export const below = ([high]: Bits, limit: number): number => Math.floor((high * limit) / WORD);

/** The bits of a row, by its number and a seed, as `steepest.tables.holdout_split` mixes them. */
export const bitsOfRow = (row: number, seed: number): Bits =>
  stirred(times(plus(plus(bitsOf(row), times(bitsOf(seed), OF_SEED)), [0, 1]), GOLDEN));

/** Whether a row is held out, of a share of all: the engine's `validation` holds out the same rows. */
export const isHeldOut = (row: number, share: number, seed: number): boolean => {
  const [high, low] = bitsOfRow(row, seed);
  const limit = share * WORD;
  return high < Math.floor(limit) || (high === Math.floor(limit) && low < (limit % 1) * WORD);
};

/** A number of mean 0 and variance 1 for a row, by Box and Muller. */
export function normalOfRow(row: number, seed: number): number {
  const [high, low] = bitsOfRow(row, seed);
  return Math.sqrt(-2 * Math.log((high + 0.5) / WORD)) * Math.cos((2 * Math.PI * low) / WORD);
}
