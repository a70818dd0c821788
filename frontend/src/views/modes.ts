/** How far each direction of the loss has settled, in words and numbers. */

import { errorLeft } from "../descent/closed_form";
import { lineOf, type TableScene } from "../rooms/table_scene";
import { shown } from "../numbers";
import type { TableState } from "../state";
import { text } from "../words";

const SETTLED = 1e-6; // of the error along a direction
const MOST_SHOWN = 8; // directions that have a sentence

type Facts = (readonly [name: string, value: string])[];

/** Facts of the epoch that is shown, by name. */
export function factsOf(scene: TableScene, state: TableState): Facts {
  const { fitting, now } = scene;
  const { quadratic } = fitting;
  const values = quadratic.modes.map((mode) => mode.eigenvalue);
  return [
    ...coefficients(scene),
    [text("mean squared error"), shown(quadratic.least + now.excess)],
    [text("its minimum"), shown(quadratic.least)],
    ...(fitting.validation === null ? [] : ([[text("on {count} rows held out", { count: fitting.heldOut.y.length }), shown(fitting.validation(now.parameters))]] as const)),
    [text("eigenvalues of H"), values.map((one) => shown(one)).join(", ")],
    [text("condition number"), shown((values[values.length - 1] ?? NaN) / (values[0] ?? NaN))],
    [text("stable below"), shown(scene.stable)],
    ...(state.momentum === 0 ? ([[text("best rate"), shown(fitting.best)]] as const) : []),
    ...batchFacts(scene, state),
    ...scene.others.flatMap((one) => (one.logistic === undefined || one.line === null ? [] : [[text("log-odds, in {steps} Newton steps", { steps: one.logistic.lines.length - 1 }), lineText(one.line, fitting.names)] as const])),
  ];
}

/** The line now and at the minimum; of several features the slope of each. */
function coefficients({ fitting, now }: TableScene): Facts {
  const [here, least] = [lineOf(fitting, now.parameters), lineOf(fitting, fitting.quadratic.minimum)];
  if (fitting.names.length === 1) return [[text("line now"), lineText(here, fitting.names)], [text("least squares"), lineText(least, fitting.names)]];
  const names = [text("intercept"), ...fitting.names];
  return names.map((name, i) => [text("{name}, and least squares", { name }), `${shown(here[i] ?? NaN, 5)}, ${shown(least[i] ?? NaN, 5)}`] as const);
}

function batchFacts({ batches }: TableScene, { epoch }: TableState): Facts {
  const here = batches?.excess[epoch];
  return [
    ...(here === undefined ? [] : ([[text("mini-batches above the minimum"), shown(here)]] as const)),
    ...(batches?.floor == null ? [] : ([[text("noise floor above the minimum"), shown(batches.floor.shuffled)], [text("were rows drawn anew each update"), shown(batches.floor.independent)]] as const)),
  ];
}

export function lineText([intercept = NaN, ...slopes]: readonly number[], names: readonly string[]): string {
  const terms = slopes.map((slope, j) => `${slope < 0 ? "−" : "+"} ${shown(Math.abs(slope), 5)} ${slopes.length === 1 ? "x" : (names[j] ?? "")}`);
  return [shown(intercept, 5), ...terms].join(" ");
}

/** One sentence for each direction, the fastest first. */
export function settlingOf({ fitting, now, rate }: TableScene, { momentum, epoch }: TableState): string[] {
  const { modes } = fitting.quadratic;
  const sentences = modes.map(({ eigenvalue, vector }, place) => {
    const left = now.shares[place] ?? NaN;
    const largest = vector.reduce((best, one, i) => (Math.abs(one) > Math.abs(vector[best] ?? 0) ? i : best), 0);
    const name = largest === 0 ? text("the intercept") : modes.length === 2 ? text("the slope") : text("the slope of {name}", { name: fitting.names[largest - 1] ?? "" });
    const values = { name, share: percent((vector[largest] ?? 0) ** 2), left: percent(left) };
    const limit = (2 * (1 + momentum)) / eigenvalue;
    // With momentum an error swings through 0: it has settled where it is small at two epochs, one after the other.
    const next = Math.abs(errorLeft(eigenvalue, rate, momentum, epoch + 1));
    if (rate > limit * (1 + 1e-9)) return text("Along a direction that is {share} {name}, the error grows: the rate is above the stable one.", values);
    if (rate >= limit * (1 - 1e-9)) return text("Along a direction that is {share} {name}, the error stays as large as it was: a cycle.", values);
    if (Math.max(left, next) <= SETTLED) return text("A direction that is {share} {name} has settled: less than a millionth of its error is left.", values);
    return text("Along a direction that is {share} {name}, {left} of the error is left.", values);
  });
  return sentences.reverse().slice(0, MOST_SHOWN);
}

/** What mini-batches came to, of as many rows as the descent by all of them has seen. */
export function batchesOf({ batches, fitting, now }: TableScene, { epoch }: TableState): string[] {
  if (batches === null) return [];
  const { count } = fitting.rows;
  const here = batches.excess[epoch];
  const values = { rows: shown(epoch * count, 12), whole: shown(now.excess, 3), size: batches.size, updates: Math.ceil(count / batches.size) * epoch, batches: shown(here ?? NaN, 3) };
  const beside = here !== undefined
    ? text("After {rows} rows, {size} at a time in {updates} updates, mini-batches are {batches} above the minimum; all rows at a time are {whole} above it.", values)
    : text("The page follows mini-batches up to epoch {last}.", { last: batches.excess.length - 1 });
  const { floor } = batches;
  if (!batches.floorKnown) return [beside, text("What noise leaves is computed for at most 7 features.")];
  if (floor === null) return [beside, text("At this rate the noise of the mini-batches does not settle.")];
  return [beside, text("Noise keeps them about {floor} above it, at the ends of epochs that visit each row once.", { floor: shown(floor.shuffled, 3) })];
}

/** 0.07 as 7 %; what is not all is not said to be 100 %. */
const percent = (share: number): string => `${shown(100 * share, 3)} %`;
