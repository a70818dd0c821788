/** The nearest word of a list, as the errors of the command line offer it. */

import { text as say } from "../words";
import { quoted } from "./quoting";

/** " Did you mean 'x'?", or nothing where no word is near. */
export function nearest(name: string, words: readonly string[]): string {
  const scored = words.map((word) => [ratio(name, word), word] as const).sort((a, b) => b[0] - a[0]);
  const best = scored[0];
  return best !== undefined && best[0] >= 0.6 ? ` ${say("Did you mean {word}?", { word: quoted(best[1]) })}` : "";
}

/** 2·(letters that match in order) / (letters of both), from the longest common subsequence. */
function ratio(first: string, second: string): number {
  let row = new Array<number>(second.length + 1).fill(0);
  for (const letter of first) {
    const next = [0];
    for (let j = 0; j < second.length; j++) {
      next.push(letter === second[j] ? (row[j] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0));
    }
    row = next;
  }
  return (2 * (row[second.length] ?? 0)) / (first.length + second.length);
}
