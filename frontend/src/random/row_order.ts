/** The order in which an epoch of mini-batches visits the rows: the engine's, of `descent/kernels/shuffled_order.py`. */

import { below, bitsOf, GOLDEN, mixed, plus, times, xor, type Bits } from "./splitmix";

const CHUNK = 32; // rows that are visited together where there are many
const GROUP = 2048; // rows that are shuffled among themselves
const FEISTEL_ROUNDS = 4;

export function rowOrder(rows: number, seed: number, epoch: number): Int32Array {
  const key = orderKey(seed, epoch);
  const order = new Int32Array(rows);
  const offset = below(mixed(key), Math.ceil(rows / CHUNK)) * CHUNK;
  const chunks = Math.floor(rows / CHUNK);
  for (let group = 0; group < rows; group += GROUP) {
    const count = Math.min(GROUP, rows - group);
    const starts = Array.from({ length: Math.ceil(count / CHUNK) }, (_, i) => {
      const chunk = group / CHUNK + i;
      return ((chunk < chunks ? placeOf(chunk, chunks, key) : chunk) * CHUNK + offset) % rows;
    });
    shuffled(count, mixed(xor(key, mixed(bitsOf(group))))).forEach((spot, i) => {
      order[group + spot] = ((starts[Math.floor(i / CHUNK)] ?? 0) + (i % CHUNK)) % rows;
    });
  }
  return order;
}

/** Fisher and Yates' shuffle of 0 … count − 1; each draw serves twice. */
function shuffled(count: number, seed: Bits): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const swap = (i: number, j: number): void => void ([order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0]);
  for (let i = count - 1; i > 0; i -= 2) {
    seed = plus(seed, GOLDEN);
    const [high, low] = mixed(seed);
    swap(i, below([high, low], i + 1));
    swap(i - 1, below([low, 0], i));
  }
  return order;
}

/** A Feistel network permutes side² ≥ chunks numbers; what leaves the range is sent through again. */
function placeOf(chunk: number, chunks: number, key: Bits): number {
  const side = Math.ceil(Math.sqrt(chunks));
  do {
    let [left, right] = [Math.floor(chunk / side), chunk % side];
    for (let turn = 0; turn < FEISTEL_ROUNDS; turn++) {
      const seed = plus(key, times(GOLDEN, bitsOf(4 * right + turn + 1)));
      [left, right] = [right, (left + below(mixed(seed), side)) % side];
    }
    chunk = left * side + right;
  } while (chunk >= chunks);
  return chunk;
}

/** The first 62 bits of NumPy's `SeedSequence([seed, epoch, 0])` (O'Neill 2015), which mixes words of 32 bits. */
function orderKey(seed: number, epoch: number): Bits {
  let factor = 0x43b0d7e5;
  const hashed = (word: number): number => {
    const before = factor;
    factor = Math.imul(factor, 0x931e8875);
    const product = Math.imul(word ^ before, factor);
    return product ^ (product >>> 16);
  };
  const pool = [seed, epoch, 0, 0].map(hashed);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from === to) continue;
      const both = (Math.imul(0xca01f9dd, pool[to] ?? 0) - Math.imul(0x4973f715, hashed(pool[from] ?? 0))) | 0;
      pool[to] = both ^ (both >>> 16);
    }
  }
  factor = 0x8b51f9dd;
  const [low = 0, high = 0] = pool.map((word) => {
    const before = factor;
    factor = Math.imul(factor, 0x58f38ded);
    const product = Math.imul(word ^ before, factor);
    return (product ^ (product >>> 16)) >>> 0;
  });
  return [high >>> 2, ((low >>> 2) | (high << 30)) >>> 0];
}
