/** Numbers as the page shows them: with a minus sign, and never rounded to look exact. */

import { general } from "./formula/quoting";

/** So many significant digits; 1.00004 is not shown as 1. */
export function shown(value: number, digits = 6): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  // What differs from a whole number by rounding alone is one.
  const whole = Math.round(value);
  if (value !== whole && Math.abs(value - whole) <= 1e-14 * Math.abs(value)) return shown(whole, digits);
  let written = general(value, digits);
  for (let more = digits + 1; more <= 17 && Number.isInteger(Number(written)) && !Number.isInteger(value); more++) {
    written = general(value, more);
  }
  return powered(written).replace("-", "−");
}

/** 1e-05 as 10⁻⁵, 2.5e+07 as 2.5·10⁷. */
function powered(written: string): string {
  const parts = /^(-?)([\d.]+)e([+-])0*(\d+)$/.exec(written);
  if (parts === null) return written;
  const [, sign = "", mantissa = "", way = "", exponent = ""] = parts;
  const raised = [...exponent].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
  return `${sign}${mantissa === "1" ? "" : `${mantissa}·`}10${way === "-" ? "⁻" : ""}${raised}`;
}

/** A number that a person can type again: JavaScript's shortest, at most so many digits. */
export function typed(value: number, digits = 6): string {
  return String(Number(value.toPrecision(digits)));
}
