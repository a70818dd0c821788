/** Reports from disk, without a network: the module draws their pictures; without scripts their words and tables stand. */

import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFinds, CHROMIUM, launch } from "./open";

const folder = mkdtempSync(join(tmpdir(), "steepest-report-"));
const MAKE = `
import sys, steepest
folder = sys.argv[1]
steepest.minimize("x^2 + 10*y^2 + x*y", (3, 1), lr=0.05, epochs=40).report(f"{folder}/run.html")
steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 0.7, 1.1], epochs=30).report(f"{folder}/study.html")
import numpy as np
random = np.random.default_rng(3)
x = random.normal(size=(200, 2))
y = x @ [2, -1] + random.normal(size=200)
names = np.array(["a class of a very long name", "<b>second</b>", "third"])
steepest.fit(x[:, 0], y).report(f"{folder}/line.html")
steepest.fit(x, y, l1="path").report(f"{folder}/path.html")
steepest.fit(x, (y > 0) * 1, loss="logistic").report(f"{folder}/two.html")
import torch
torch.manual_seed(0)
model, loss_fn = torch.nn.Linear(2, 1), torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
rows = torch.tensor(x, dtype=torch.float32)
with steepest.watch(model, optimizer, loss_fn, histograms=True) as loop:
    for _ in range(30):
        optimizer.zero_grad()
        loss_fn(model(rows), rows[:, :1]).backward()
        optimizer.step()
loop.report(f"{folder}/loop.html")
from steepest.translation import speaking
with speaking("zh"):
    steepest.minimize("x^2 + 10*y^2 + x*y", (3, 1), lr=0.05, epochs=40).report(f"{folder}/zh.html")
steepest.fit(x, names[np.digitize(y, [-1, 1])], loss="multinomial").report(f"{folder}/three.html")
`;

describe.skipIf(CHROMIUM === null)("a report", { timeout: 600_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    const made = spawnSync(process.env["STEEPEST_PYTHON"] ?? "python3", ["-c", MAKE, folder], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
    browser = await launch();
  }, 600_000);
  afterAll(() => browser.close());

  test.each([
    ["run", 6, "light", 1280],
    ["run", 6, "dark", 390],
    ["study", 5, "light", 1280],
    ["study", 5, "dark", 390],
    ["line", 7, "light", 390],
    ["line", 7, "dark", 1280],
    ["path", 8, "light", 1280],
    ["path", 8, "dark", 390],
    ["two", 7, "light", 1280],
    ["three", 6, "dark", 390],
    ["loop", 11, "light", 1280],
    ["loop", 11, "dark", 390],
  ] as const)("of a %s has its %i pictures offline, in %s at %i pixels", async (kind, count, colorScheme, width) => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true });
    const page = await context.newPage();
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on("console", (message) => void (["error", "warning"].includes(message.type()) && complaints.push(message.text())));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(join(folder, `${kind}.html`)).href);
    await page.locator("[data-draw] svg.frame, [data-draw] canvas").first().waitFor();
    expect(await page.locator("[data-draw] .picture-only").count()).toBe(count);
    expect(await page.locator("[data-draw] svg.frame path.objective").count()).toBeGreaterThan(2);
    expect(await axeFinds(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    const small = await page.locator("[data-draw] svg.frame text").evaluateAll((all) => all.filter((one) => parseFloat(getComputedStyle(one).fontSize) < 11).length);
    expect([small, complaints, requests.length]).toEqual([0, [], 1]);
    await context.close();
  });

  test("of a fit holds its rows, bars and fields", async () => {
    const page = await browser.newPage();
    const shapes = async (kind: string, name: string, shape: string): Promise<number> => {
      await page.goto(pathToFileURL(join(folder, `${kind}.html`)).href);
      await page.locator(`[data-of=${name}] svg.frame`).waitFor();
      return page.locator(`[data-of=${name}] svg.frame ${shape}`).count();
    };
    expect(await shapes("line", "predicted", "circle.dot")).toBe(200);
    expect(await shapes("line", "line", "polygon.area")).toBe(2);
    expect(await shapes("line", "intervals", "line.span")).toBe(1);
    expect(await shapes("path", "coefficients", "rect.box")).toBe(2);
    expect(await shapes("three", "confusion", "rect.box")).toBe(9);
    await page.getByText("<b>second</b>").first().waitFor();
    expect(await shapes("loop", "landscape", "path.band")).toBeGreaterThan(2);
    expect(await shapes("loop", "histogram-0-1", "path.box")).toBe(12);
  });

  test("turns its surface by the arrow keys", async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, "run.html")).href);
    const surface = page.locator("[data-draw=relief] canvas");
    await surface.focus();
    const before = await surface.screenshot();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    expect((await surface.screenshot()).equals(before)).toBe(false);
  });

  test("speaks the language of its words also where its script draws", async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, "zh.html")).href);
    await page.locator("[data-draw=relief] canvas").waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh");
    expect(await page.locator("[data-draw=relief] figcaption").textContent()).toMatch(/^拖动/);
    expect(await axeFinds(page)).toEqual([]);
  });

  test("says what happened without scripts, with its tables", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(pathToFileURL(join(folder, "run.html")).href);
    await page.getByText("Max steps at epoch 40").waitFor();
    expect(await page.getByRole("table").count()).toBeGreaterThan(2);
    expect(await page.getByText("A picture that the page's script draws.").count()).toBe(6);
    await context.close();
  });
});
