// How fast the page follows a hand: redraws a second while something is dragged, from pointer to redraw, and the
// milliseconds of processor's time that a redraw takes: of script, of the page's thread, and of all of Chromium with what
// paints by software. A busy machine hardly changes those.
//   node bench.mjs PAGE CHROMIUM [PART OF A NAME]
import { chromium } from "playwright-core";

const [address, program, only = ""] = process.argv.slice(2);
const FRAMES = 120;
const SCENES = [
  { name: "curve, 30 steps", hash: "", drag: ".handle" },
  { name: "contour, 60 steps, five runs", hash: "formula=x^2+%2B+10y^2&run=9,2+SGD+0.09+0&kept=9,2+SGD+0.002+0;9,2+SGD+0.01+0;9,2+SGD+0.06+0;9,2+SGD+0.1+0&steps=60", drag: ".handle" },
  { name: "contour, 2000 steps", hash: "formula=(1+-+x)^2+%2B+100(y+-+x^2)^2&run=-1.5,2+SGD+0.0008+0&steps=2000", drag: ".handle" },
  { name: "surface turned", hash: "formula=x^2+%2B+10y^2&run=9,2+SGD+0.09+0&steps=60&view=surface", drag: "canvas.surface" },
  { name: "table, start dragged", hash: "room=table&table=epoch%3D1000", drag: ".two .handle" },
  { name: "table, point dragged", hash: "room=table&table=epoch%3D1000%26batch%3D5", drag: ".point" },
  { name: "table, epoch scrubbed", hash: "room=table&table=epoch%3D1000", scrub: true },
  { name: "100,000 rows, epoch scrubbed", hash: "room=table&table=epoch%3D1000", scrub: true, rows: 100_000 },
];
/** A line with noise, by a linear congruential generator. */
function rowsOf(count) {
  let state = 7;
  const uniform = () => (state = (state * 16807) % 2147483647) / 2147483647;
  const lines = Array.from({ length: count }, () => {
    const x = 10 * uniform();
    return `${x.toFixed(2)},${(0.5 * x + uniform() + uniform()).toFixed(2)}`;
  });
  return ["x,y", ...lines].join("\n");
}
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-gpu"] });
const opened = performance.now();
const system = await browser.newBrowserCDPSession();
const results = {};
for (const { name, hash, drag, scrub, rows } of SCENES.filter((one) => one.name.includes(only))) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${address}#${hash}`);
  await page.locator(".outcome:visible p").first().waitFor();
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  /** Seconds of the processor's time that were taken so far: by script, by the page's thread, by all of Chromium. */
  const taken = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    const named = (name) => metrics.find((one) => one.name === name).value;
    const { processInfo } = await system.send("SystemInfo.getProcessInfo");
    return { scriptMs: named("ScriptDuration"), threadMs: named("TaskDuration"), allMs: processInfo.reduce((sum, one) => sum + one.cpuTime, 0) };
  };
  if (rows !== undefined) {
    await page.locator("input[type=file]:visible").setInputFiles({ name: "t.csv", mimeType: "text/csv", buffer: Buffer.from(rowsOf(rows)) });
    await page.locator("path.dots").waitFor({ state: "attached" });
  }
  const box = scrub ? { x: 0, y: 0, width: 0, height: 0 } : await page.locator(drag).first().boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  if (!scrub) await page.mouse.move(x, y);
  if (!scrub) await page.mouse.down();
  const before = await taken();
  // Pointer events are made in the page, one a frame, as the system sends them; each waits for its own redraw.
  const measured = await page.evaluate(
    async ([selector, startX, startY, frames]) => {
      const root = document.querySelector("#steepest-page").shadowRoot;
      const range = selector === null ? [...root.querySelectorAll("input[type=range]")].find((one) => one.ariaLabel === "epoch") : null;
      const target = selector === null ? range : root.querySelector(selector);
      const reached = target.ownerSVGElement ?? target;
      const nextFrame = () => new Promise((done) => requestAnimationFrame(done));
      const delays = [];
      const began = performance.now();
      for (let k = 0; k < frames; k++) {
        const sent = performance.now();
        const where = { clientX: startX - 80 * Math.sin(k / 15), clientY: startY + 30 * Math.sin(k / 9), pointerId: 1, bubbles: true };
        if (range === null) reached.dispatchEvent(new PointerEvent("pointermove", where));
        else {
          range.value = String(300 + 4 * k);
          range.dispatchEvent(new Event("input"));
        }
        await nextFrame();
        delays.push(performance.now() - sent);
      }
      return { seconds: (performance.now() - began) / 1000, delays };
    },
    [drag ?? null, x, y, FRAMES],
  );
  if (!scrub) await page.mouse.up();
  const after = await taken();
  const sorted = measured.delays.sort((a, b) => a - b);
  results[name] = {
    redrawsASecond: Math.round(measured.delays.length / measured.seconds),
    medianDelay: Math.round(sorted[FRAMES >> 1]),
    worstOfTwenty: Math.round(sorted[Math.floor(0.95 * FRAMES)]),
    ...Object.fromEntries(Object.keys(after).map((part) => [part, Number(((1000 * (after[part] - before[part])) / FRAMES).toFixed(1))])),
    firstPaint: paint === null ? null : Math.round(paint),
  };
  await page.close();
}
await browser.close();
console.table(results);
