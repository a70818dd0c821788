/** How far each direction of the loss has settled, in words and numbers. */

import { errorLeft } from "../descent/closed_form";
import { lineOf, type TableScene } from "../rooms/table_scene";
import { shown } from "../numbers";
import { text } from "../words";

const SETTLED = 1e-6; // of the error along a direction

/** Facts of the epoch that is shown, by name. */
export function factsOf(scene: TableScene, momentum: number): (readonly [name: string, value: string])[] {
  const { quadratic, now } = scene;
  const [intercept, slope] = lineOf(quadratic, now.parameters);
  const [atB, atW] = lineOf(quadratic, quadratic.minimum);
  const [slow, fast] = quadratic.modes;
  return [
    [text("line now"), lineText(intercept, slope)],
    [text("least squares"), lineText(atB, atW)],
    [text("mean squared error"), shown(quadratic.least + now.excess)],
    [text("its minimum"), shown(quadratic.least)],
    [text("eigenvalues of H"), `${shown(slow.eigenvalue)}, ${shown(fast.eigenvalue)}`],
    [text("condition number"), shown(fast.eigenvalue / slow.eigenvalue)],
    [text("stable below"), shown(scene.stable)],
    ...(momentum === 0 ? ([[text("best rate"), shown(scene.best)]] as const) : []),
  ];
}

const lineText = (intercept: number, slope: number): string =>
  `${shown(intercept, 5)} ${slope < 0 ? "−" : "+"} ${shown(Math.abs(slope), 5)} x`;

/** One sentence for each direction, the faster one first. */
export function settlingOf(scene: TableScene, momentum: number, epoch: number): string[] {
  return [1, 0].map((place) => {
    const [mode, left] = [scene.quadratic.modes[place], scene.now.shares[place] ?? NaN];
    if (mode === undefined) return "";
    const isIntercept = Math.abs(mode.vector[0]) >= Math.abs(mode.vector[1]);
    const name = isIntercept ? text("the intercept") : text("the slope");
    const values = { name, share: percent(Math.max(...mode.vector.map((one) => one * one))), left: percent(left) };
    const limit = (2 * (1 + momentum)) / mode.eigenvalue;
    // With momentum an error swings through 0: it has settled where it is small at two epochs, one after the other.
    const next = Math.abs(errorLeft(mode.eigenvalue, scene.rate, momentum, epoch + 1));
    if (scene.rate > limit * (1 + 1e-9)) return text("Along a direction that is {share} {name}, the error grows: the rate is above the stable one.", values);
    if (scene.rate >= limit * (1 - 1e-9)) return text("Along a direction that is {share} {name}, the error stays as large as it was: a cycle.", values);
    if (Math.max(left, next) <= SETTLED) return text("A direction that is {share} {name} has settled: less than a millionth of its error is left.", values);
    return text("Along a direction that is {share} {name}, {left} of the error is left.", values);
  });
}

/** 0.07 as 7 %; what is not all is not said to be 100 %. */
const percent = (share: number): string => `${shown(100 * share, 3)} %`;
