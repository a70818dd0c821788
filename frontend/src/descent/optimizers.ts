/** The update rules of `steepest.descent.update_rules`, with torch's names, defaults and order of operations. */

export type OptimizerName = "SGD" | "Adagrad" | "RMSprop" | "Adam";
export const OPTIMIZERS: readonly OptimizerName[] = ["SGD", "Adagrad", "RMSprop", "Adam"];

/** The direction d of θ ← θ − lr·d, from the gradients seen so far. */
export type Direction = (gradient: Float64Array) => Float64Array;

/** A fresh state of an optimizer; `momentum` and `nesterov` are SGD's. */
export function directions(name: OptimizerName, count: number, momentum: number, nesterov: boolean): Direction {
  if (name === "SGD") return sgd(momentum, nesterov);
  if (name === "Adagrad") return adagrad(count);
  if (name === "RMSprop") return rmsprop(count);
  return adam(count);
}

/** b ← μb + g, at the first step b ← g; d = b, with Nesterov g + μb. */
function sgd(momentum: number, nesterov: boolean): Direction {
  let buffer: Float64Array | null = null;
  return (gradient) => {
    if (momentum === 0) return gradient;
    const before: Float64Array | null = buffer;
    const now: Float64Array = before === null ? gradient.slice() : before.map((b, i) => momentum * b + at(gradient, i));
    buffer = now;
    return nesterov ? gradient.map((g, i) => g + momentum * at(now, i)) : now;
  };
}

/** s ← s + g²; d = g / (√s + ε). */
function adagrad(count: number, eps = 1e-10): Direction {
  let total = new Float64Array(count);
  return (gradient) => {
    total = total.map((s, i) => s + at(gradient, i) * at(gradient, i));
    return gradient.map((g, i) => g / (Math.sqrt(at(total, i)) + eps));
  };
}

/** v ← αv + (1 − α)g²; d = g / (√v + ε). */
function rmsprop(count: number, alpha = 0.99, eps = 1e-8): Direction {
  let square = new Float64Array(count);
  return (gradient) => {
    square = square.map((v, i) => alpha * v + (1 - alpha) * (at(gradient, i) * at(gradient, i)));
    return gradient.map((g, i) => g / (Math.sqrt(at(square, i)) + eps));
  };
}

/** m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; d = m̂ / (√v̂ + ε). */
function adam(count: number, beta1 = 0.9, beta2 = 0.999, eps = 1e-8): Direction {
  let mean = new Float64Array(count);
  let square = new Float64Array(count);
  let steps = 0;
  return (gradient) => {
    steps += 1;
    mean = mean.map((m, i) => m + (1 - beta1) * (at(gradient, i) - m));
    square = square.map((v, i) => beta2 * v + (1 - beta2) * (at(gradient, i) * at(gradient, i)));
    const share = Math.sqrt(1 - beta2 ** steps);
    return mean.map((m, i) => m / ((Math.sqrt(at(square, i)) / share + eps) * (1 - beta1 ** steps)));
  };
}

const at = (array: Float64Array, place: number): number => array[place] ?? NaN;
