import { describe, expect, test } from "vitest";
import { errorLeft, pointAt, quadraticOf } from "../src/descent/closed_form";
import { readTable, TableError } from "../src/table/csv";
import { absoluteLine, huberLine } from "../src/table/other_lines";
import { csvOf, wholeRows } from "../src/table/table";
import { SAMPLES } from "../src/table/samples";

describe("a pasted table", () => {
  test.each([
    ["a,b\n1,2\n3,4\n", "','"],
    ["a;b\r\n1,5;2\r\n3,5;4\r\n", "';'"],
    ["a\tb\n1\t2\n3\t4", "tab"],
    ["a  b\n1   2\n 3  4", "space, padded by spaces"],
    ['\ufeff"a","b"\n"1","2"\n3,4\n\n', "','"],
  ])("%j has two rows", (text, delimiter) => {
    const table = readTable(text);
    expect(table.columns.map((one) => one.name)).toEqual(["a", "b"]);
    expect(table.rows).toBe(2);
    expect(table.notes[0]).toMatch(new RegExp(`^2 rows: CSV, delimiter ${delimiter}, header`));
  });

  test("decimal commas are read, and said", () => {
    const table = readTable("a;b\n1,5;2\n3,25;4");
    expect(table.columns[0]?.values).toEqual([1.5, 3.25]);
    expect(table.notes).toContain("2 rows: CSV, delimiter ';', header, decimal comma");
  });

  test("text columns and missing values are said", () => {
    const table = readTable("name,a,b\nx,1,2\ny,NA,3\nz,4,5");
    expect(table.columns.map((one) => one.name)).toEqual(["a", "b"]);
    expect(table.notes.join("; ")).toContain("columns without numbers are left out here: 'name'");
    expect(table.notes.join("; ")).toContain("'a' has no value in 1 of 3 rows");
    expect(wholeRows(table, [0, 1])).toEqual([0, 2]);
  });

  test("two texts are two classes, and are written as they were", () => {
    const table = readTable("sex,a,b\nm,1,2\nf,2,3\n,4,5");
    expect(table.columns[0]).toEqual({ name: "sex", values: [1, 0, null], classes: ["f", "m"] });
    expect(table.notes).toContain("'sex' has two values: 'f' counts as 0, 'm' as 1");
    expect(readTable(csvOf(table.columns)).columns).toEqual(table.columns);
  });

  test.each([
    ["", "there is nothing in the table"],
    ["a,b\n1,2\n3\n", "line 3 has 1 values, and the first has 2"],
    ["a,b\n1,2\n3,x\n5,6", "column 'b', line 3: 'x' is no number"],
    ['a,b\n1,"2\n3,4', "the quote that opens in line 2 is not closed"],
    ["a,a\n1,2\n3,4", "two columns are called 'a'"],
    ["a\n1\n2\n3", "the table needs two columns of numbers"],
    ["a,b\n1,2", "at least two rows"],
  ])("%j is refused in one line", (text, line) => {
    expect(() => readTable(text)).toThrow(TableError);
    expect(() => readTable(text)).toThrow(line);
  });

  test("what the engine said of a table goes on with it, and lines are counted without it", () => {
    const table = readTable("#: t.xlsx: CSV, delimiter tab\na,b\n1,2\n3,4");
    expect(table.notes).toEqual(["t.xlsx: CSV, delimiter tab", "2 rows"]);
    expect(readTable(csvOf(table.columns, table.said)).notes).toEqual(table.notes);
    expect(() => readTable("#: t\na,b\n1,2\n3,x\n5,6")).toThrow("column 'b', line 3");
    expect(() => readTable("# t\na,b\n1,2\n3,x\n5,6")).toThrow("column 'b', line 4");
  });

  test("what is written can be read again", () => {
    const columns = [{ name: 'a "b", c', values: [1, null, 3] }, { name: "d", values: [4, 5, 6.5] }];
    expect(readTable(csvOf(columns)).columns).toEqual(columns);
  });

  test.each(SAMPLES.map((one) => [one.name, one.csv]))("the sample %s", (_, csv) => {
    expect(readTable(csv).columns).toHaveLength(2);
  });
});

describe("the closed form", () => {
  const [x, y] = [[1, 2, 3, 4, 7], [2.1, 3.9, 6.3, 7.7, 14.6]];
  const quadratic = quadraticOf([x], y, false);
  if (quadratic === null) throw new Error("x varies");

  test.each([
    [0, 1],
    [0, 17],
    [0.5, 40],
    [0.9, 33],
  ])("with momentum %f it is the loop of %i steps", (momentum, epochs) => {
    const rate = 0.02;
    let [b, w, vb, vw] = [0.5, -1, 0, 0];
    for (let k = 0; k < epochs; k++) {
      const [gb, gw] = x.reduce(([p, q], there, i) => {
        const r = b + w * there - (y[i] ?? 0);
        return [p + (2 * r) / x.length, q + (2 * r * there) / x.length];
      }, [0, 0]) as [number, number];
      [vb, vw] = [momentum * vb + gb, momentum * vw + gw];
      [b, w] = [b - rate * vb, w - rate * vw];
    }
    const point = pointAt(quadratic, [0.5, -1], rate, momentum, epochs);
    expect(point.parameters[0]).toBeCloseTo(b, 11);
    expect(point.parameters[1]).toBeCloseTo(w, 11);
    const loss = x.reduce((sum, there, i) => sum + (b + w * there - (y[i] ?? 0)) ** 2, 0) / x.length;
    expect(quadratic.least + point.excess).toBeCloseTo(loss, 11);
  });

  test("one weight and three points: at the stable limit it cycles, above it grows", () => {
    expect(errorLeft(28 / 3, 3 / 14, 0, 1e9)).toBeCloseTo(1, 6);
    expect(errorLeft(28 / 3, 0.22, 0, 100)).toBeCloseTo((1 - (0.22 * 28) / 3) ** 100, 0);
    expect(errorLeft(28 / 3, 0.01, 0, 100)).toBeCloseTo(2 - 1.9999444396553017, 12);
  });

  test("a column that does not vary has no slope", () => expect(quadraticOf([[2, 2, 2]], [1, 2, 3], false)).toBeNull());
});

test("lines of other losses: through the ten points, past the outlier", () => {
  const x = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const y = [...x.slice(0, 9).map((there) => 2 * there + 1), -50];
  expect(absoluteLine(x, y)).toEqual([1, 2]);
  // scikit-learn's HuberRegressor is scaled otherwise: here its stationarity is checked, Σ clip(r) = Σ clip(r)·x = 0.
  const line = huberLine([x], y, 0.5);
  const clipped = x.map((there, i) => Math.max(-0.5, Math.min(0.5, (line?.[0] ?? NaN) + (line?.[1] ?? NaN) * there - (y[i] ?? 0))));
  expect(clipped.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 9);
  expect(clipped.reduce((sum, one, i) => sum + one * (x[i] ?? 0), 0)).toBeCloseTo(0, 8);
});

test("a table wider than the page draws is refused in one line", () => {
  const line = Array.from({ length: 2001 }, (_, place) => place).join(",");
  expect(() => readTable(`${line}\n${line}\n${line}`)).toThrow("the page takes at most 2000 columns");
});
