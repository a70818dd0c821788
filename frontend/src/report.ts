/** The pictures of a report, each drawn in its place from the data that the page holds. */

import { element } from "./dom";
import { shownTheme } from "./page";
import type { ChartData } from "./sheet";
import { LANGUAGES, learn, speak } from "./words";
import { chartView, reliefView, type ChartView } from "./views/chart";

const [DATA, WORDS] = ["steepest-charts", "steepest-words"];

/** `styled` gives a place the looks of the page, and nothing of the report's. */
export function report(styled: (place: HTMLElement) => ShadowRoot): void {
  const data = typeof document === "undefined" ? null : document.getElementById(DATA);
  if (data === null) return;
  learn(JSON.parse(document.getElementById(WORDS)?.textContent ?? "{}") as Parameters<typeof learn>[0]);
  speak(LANGUAGES.find((one) => one === document.documentElement.lang) ?? "en");
  const charts = new Map((JSON.parse(data.textContent ?? "[]") as ChartData[]).map((chart) => [chart.name, chart]));
  for (const place of document.querySelectorAll<HTMLElement>("[data-draw]")) {
    const chart = charts.get(place.dataset["of"] ?? "");
    const view = chart === undefined ? null : viewOf(chart, place.dataset["draw"]);
    if (view === null) continue;
    const shell = element("div", { class: "lab embedded picture-only", "data-theme": shownTheme("auto") }, view.root);
    place.replaceChildren();
    styled(place).append(shell);
    const size = (): void => {
      if (shell.clientWidth === 0) return;
      view.resize(shell.clientWidth);
      view.show(null);
    };
    new ResizeObserver(size).observe(place);
  }
}

/** The picture without its note, which stands in the report. */
function viewOf(chart: ChartData, kind: string | undefined): ChartView | null {
  if (kind === "relief") return chart.ground ? reliefView(chart, chart.ground) : null;
  return chartView({ ...chart, note: "" });
}
