// The frames of the README's moving picture: the saved page, played in Chromium. `film.py` makes one file of them.
import { chromium } from "playwright-core";

const [page_, folder, program] = process.argv.slice(2);
const SIZE = { width: 1180, height: 760 };
const ELLIPSES = "formula=x^2+%2B+10y^2&run=9,2+SGD+0.09+0&kept=9,2+SGD+0.01+0;9,2+SGD+0.06+0;9,2+SGD+0.1+0&steps=40&theme=light";

const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: SIZE });
let count = 0;
const frame = async (times = 1) => {
  await page.evaluate(() => scrollTo(0, 0)); // a field that is filled is brought into sight, and the head out of it
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const shot = { path: `${folder}/${String(count).padStart(4, "0")}-${times}.png` };
  await page.screenshot(shot);
  count += 1;
};

await page.goto(`${page_}#${ELLIPSES}`);
await page.locator(".outcome p").first().waitFor();
await frame(8);
const scrub = page.getByRole("slider", { name: "Step" });
for (const at of [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 19, 24, 30, 40]) {
  await scrub.fill(String(at));
  await frame(at === 40 ? 8 : 2);
}
await scrub.fill("12");
await frame(2); // drawn anew, so that the start has its place
const handle = await page.locator(".handle").boundingBox();
await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
await page.mouse.down();
for (let k = 1; k <= 14; k++) {
  await page.mouse.move(handle.x - 22 * k, handle.y + 40 * Math.sin(k / 4) + 8 * k);
  await frame(2);
}
await page.mouse.up();
await frame(8);
await page.getByRole("button", { name: "Table" }).click();
await frame(6);
const epoch = page.getByRole("textbox", { name: "epoch" });
for (const k of [1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000]) {
  await epoch.fill(String(k));
  await frame(k === 100000 ? 12 : 3);
}
await browser.close();
