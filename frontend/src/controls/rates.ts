/** The sliders of the learning rate, logarithmic about the largest stable one, and of momentum. */

import { text } from "../words";
import { slider, type Slider } from "./fields";

export interface RateSlider extends Slider {
  /** Let the slider go from `below` decades under a rate to `above` decades over it. */
  about(rate: number, below: number, above: number): void;
}

export function rateSlider(change: (rate: number) => void): RateSlider {
  let [low, high] = [-4, 1];
  const made = slider(
    text("learning rate"),
    (rate) => (Math.log10(rate) - low) / (high - low),
    (share) => 10 ** (low + share * (high - low)),
    change,
    { accepts: (rate) => rate > 0, line: text("a number above 0") },
  );
  return {
    ...made,
    about: (rate, below, above) => void ([low, high] = [Math.log10(rate) - below, Math.log10(rate) + above]),
  };
}

export function momentumSlider(change: (momentum: number) => void): Slider {
  return slider(text("momentum"), (value) => value, (share) => Math.min(share, 0.999), change, {
    accepts: (value) => value >= 0 && value < 1,
    line: text("a number from 0 up to, not including, 1"),
  });
}
