// How fast the page follows a hand: redraws a second while something is dragged, and from pointer to redraw.
//   node bench.mjs PAGE CHROMIUM
import { chromium } from "playwright-core";

const [address, program] = process.argv.slice(2);
const SCENES = [
  { name: "curve, 30 steps", hash: "", drag: ".handle" },
  { name: "contour, 60 steps, five runs", hash: "formula=x^2+%2B+10y^2&run=9,2+SGD+0.09+0&kept=9,2+SGD+0.002+0;9,2+SGD+0.01+0;9,2+SGD+0.06+0;9,2+SGD+0.1+0&steps=60", drag: ".handle" },
  { name: "contour, 2000 steps", hash: "formula=(1+-+x)^2+%2B+100(y+-+x^2)^2&run=-1.5,2+SGD+0.0008+0&steps=2000", drag: ".handle" },
  { name: "table, start dragged", hash: "room=table&table=epoch%3D1000", drag: ".two .handle" },
];
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-gpu"] });
const opened = performance.now();
const results = {};
for (const { name, hash, drag } of SCENES) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${address}#${hash}`);
  await page.locator(".outcome:visible p").first().waitFor();
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null);
  const box = await page.locator(drag).first().boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  // Pointer events are made in the page, one a frame, as the system sends them; each waits for its own redraw.
  const measured = await page.evaluate(
    async ([selector, startX, startY]) => {
      const root = document.querySelector("#steepest-page").shadowRoot;
      const target = root.querySelector(selector).ownerSVGElement;
      const nextFrame = () => new Promise((done) => requestAnimationFrame(done));
      const delays = [];
      const began = performance.now();
      for (let k = 0; k < 120; k++) {
        const sent = performance.now();
        const where = { clientX: startX - 80 * Math.sin(k / 15), clientY: startY + 30 * Math.sin(k / 9), pointerId: 1, bubbles: true };
        target.dispatchEvent(new PointerEvent("pointermove", where));
        await nextFrame();
        delays.push(performance.now() - sent);
      }
      return { seconds: (performance.now() - began) / 1000, delays };
    },
    [drag, x, y],
  );
  await page.mouse.up();
  const sorted = measured.delays.sort((a, b) => a - b);
  results[name] = {
    redrawsASecond: Math.round(measured.delays.length / measured.seconds),
    medianDelay: Math.round(sorted[60]),
    worstOfTwenty: Math.round(sorted[114]),
    firstPaint: paint === null ? null : Math.round(paint),
  };
  await page.close();
}
await browser.close();
console.table(results);
