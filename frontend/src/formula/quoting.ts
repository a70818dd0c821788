/** Words and numbers as Python's messages show them. */

/** As Python's repr of a text: in single quotes, or in double ones where it holds a single one. */
export function quoted(what: string): string {
  const shown = [...what]
    .map((letter) => (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(letter) ? escaped(letter) : letter === "\\" ? "\\\\" : letter))
    .join("");
  if (!shown.includes("'")) return `'${shown}'`;
  return shown.includes('"') ? `'${shown.replaceAll("'", "\\'")}'` : `"${shown}"`;
}

function escaped(letter: string): string {
  const named = new Map([["\n", "\\n"], ["\t", "\\t"], ["\r", "\\r"]]).get(letter);
  const code = (letter.codePointAt(0) ?? 0).toString(16);
  return named ?? (code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`);
}

/** A number with so many significant digits, without trailing zeros, as Python's format `g`. */
export function general(value: number, digits = 6): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponent = "0"] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power < -4 || power >= digits) {
    const sign = power < 0 ? "-" : "+";
    return `${trimmed(mantissa)}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  return trimmed(value.toFixed(Math.max(0, digits - 1 - power)));
}

function trimmed(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}
