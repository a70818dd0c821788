import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXAMPLES, GRAPHS } from "../src/rooms/examples";
import { ALLOWED, HINTS } from "../src/formula/tokens";
import { SAMPLES } from "../src/table/samples";
import { learn, speak, text } from "../src/words";

const SOURCES = join(import.meta.dirname, "../src");
const CATALOGUE = join(import.meta.dirname, "../../src/steepest/lab/page/zh.json");
const chinese = JSON.parse(readFileSync(CATALOGUE, "utf8")) as Record<string, string>;

/** Every sentence of the page: what stands in a call of `text`, and the names that are handed to it. */
function sentences(): Set<string> {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const written = files.flatMap((name) => [...readFileSync(join(SOURCES, name), "utf8").matchAll(/\b(?:text|say)\(\s*("(?:[^"\\]|\\.)*")/g)].map((found) => JSON.parse(found[1] ?? '""') as string));
  const names = [...EXAMPLES, ...GRAPHS].map((one) => one.name);
  const ofFormulas = [ALLOWED, ...HINTS.values()];
  const kinds = ["minimum", "maximum", "saddle", "flat"];
  return new Set([...written, ...names, ...SAMPLES.map((one) => one.title), ...kinds, ...ofFormulas]);
}

test("every sentence of the page stands in the catalogue, and none that it does not say", () => {
  const said = sentences();
  expect([...said].filter((sentence) => !(sentence in chinese))).toEqual([]);
  expect(Object.keys(chinese).filter((sentence) => !said.has(sentence))).toEqual([]);
});

test("a translation has the values of its sentence", () => {
  const values = (sentence: string): string[] => [...sentence.matchAll(/\{\w+\}/g)].map((found) => found[0]).sort();
  const wrong = Object.entries(chinese).filter(([sentence, translated]) => values(sentence).join() !== values(translated).join());
  expect(wrong).toEqual([]);
});

test("a language speaks its own sentences, and English where it has none", () => {
  learn({ zh: { "step {at}": "第 {at} 步" } });
  expect(text("step {at}", { at: 3 })).toBe("step 3");
  speak("zh");
  expect(text("step {at}", { at: 3 })).toBe("第 3 步");
  expect(text("not there")).toBe("not there");
  speak("en");
});
