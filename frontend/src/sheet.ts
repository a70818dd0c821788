/** What the engine says of a run, a fit, a study or a watched loop: its words, numbers, tables and pictures. */

export type Numbers = readonly (number | null)[];

export interface AxisData {
  readonly label: string;
  readonly kind?: "linear" | "log" | "symlog";
  readonly low?: number | null;
  readonly high?: number | null;
  readonly threshold?: number;
  readonly steps?: boolean; // its values are steps of a path
  readonly names?: readonly string[]; // what stands at 0, 1, 2, …
}

export interface SeriesData {
  readonly x: Numbers;
  readonly y: Numbers;
  readonly name?: string;
  readonly look?: "line" | "dashes" | "level" | "path" | "start" | "last" | "minimum" | "cross" | "tangent" | "arrow" | "dots" | "boxes" | "spans" | "area" | "shades";
  readonly colour?: number; // of a run; -1 none of them, -2 faint
  readonly steps?: readonly number[];
  readonly ends?: readonly (readonly [number, number])[];
  readonly objectives?: Numbers;
  readonly off?: readonly number[]; // places of points that only project onto the picture
  readonly sizes?: Numbers; // from 0 to 1, of dots, or how full boxes are of colour
  readonly texts?: readonly string[]; // in boxes
  // of shades x and y are the sides of columns and rows, and sizes the fields by rows
}

export interface GroundData {
  readonly columns: number;
  readonly rows: number;
  readonly excess: Numbers;
  readonly base: number;
  readonly levels: readonly number[];
  readonly equal: boolean;
  readonly label: string;
  readonly surface?: string; // the heading of the same as a surface; none where there is no such picture
}

export interface ChartData {
  readonly name: string;
  readonly heading: string;
  readonly x?: AxisData;
  readonly y?: AxisData;
  readonly series?: readonly SeriesData[];
  readonly ground?: GroundData | null;
  readonly note?: string;
  readonly square?: boolean;
}

export interface TableData {
  readonly heading: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Sheet {
  readonly kind: "run" | "fit" | "study" | "watch";
  readonly title: string;
  readonly source?: string;
  readonly verdict?: string;
  readonly tone?: string;
  readonly words?: string;
  readonly meaning?: readonly string[];
  readonly forecast?: readonly string[];
  readonly notes?: readonly string[];
  readonly values?: readonly (readonly [name: string, value: number | null])[];
  readonly charts?: readonly ChartData[];
  readonly tables?: readonly TableData[];
  readonly steps?: readonly number[];
  readonly unit?: string;
  readonly state?: string;
  readonly live?: boolean;
}

/** A place among so many steps, as the step itself. */
export const stepAt = (sheet: Sheet, place: number): number | null => sheet.steps?.[place] ?? null;

/** The pictures of two results in one another, the second in its own colour, where their axes are the same. */
export function laidOver(first: Sheet, second: Sheet, names: readonly [string, string]): ChartData[] {
  const others = new Map((second.charts ?? []).map((chart) => [chart.name, chart]));
  return (first.charts ?? []).flatMap((chart) => {
    const other = others.get(chart.name);
    if (other === undefined || !chart.series?.length || !other.series?.length || chart.name === "parameters") return [];
    const walked = chart.series.some((one) => one.look === "path");
    const same = chart.x?.label === other.x?.label && chart.y?.label === other.y?.label && (!walked || first.title === second.title);
    if (!same || !["line", "path"].includes(chart.series[0]?.look ?? "line")) return [named(chart, names[0]), named(other, names[1])];
    return [walked ? onOneGround(chart, other, names) : onOneAxis(chart, other, names)];
  });
}

const named = (chart: ChartData, name: string): ChartData => ({ ...chart, heading: `${chart.heading}: ${name}` });

/** Curves by step: of each its first, under its name. */
function onOneAxis(first: ChartData, second: ChartData, names: readonly [string, string]): ChartData {
  const curves = [first, second].flatMap((chart, k) => (chart.series ?? []).slice(0, 1).map((one) => ({ ...one, colour: k, name: names[k] ?? "" })));
  const high = Math.max(first.x?.high ?? 0, second.x?.high ?? 0);
  const logarithmic = [first, second].some((chart) => chart.x?.kind === "symlog");
  const x: AxisData = { ...first.x, label: first.x?.label ?? "", high, kind: logarithmic ? "symlog" : "linear" };
  return { name: first.name, heading: first.heading, x, y: { label: first.y?.label ?? "", kind: first.y?.kind ?? "linear", threshold: first.y?.threshold ?? 1 }, series: curves };
}

/** Two paths on the ground of the first; what is about their steps alone stays. */
function onOneGround(first: ChartData, second: ChartData, names: readonly [string, string]): ChartData {
  const ground = (first.series ?? []).filter((one) => one.colour === -1 || one.look === "minimum");
  const walked = [first, second].flatMap((chart, k) =>
    (chart.series ?? []).filter((one) => ["path", "start", "last"].includes(one.look ?? "")).map((one) => ({ ...one, colour: k, name: one.look === "path" ? (names[k] ?? "") : "" })),
  );
  return { ...first, series: [...ground, ...walked], note: "" };
}
