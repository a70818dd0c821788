import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, launch, open, savedPage } from "./open";

describe.skipIf(CHROMIUM === null)("the graph room", { timeout: 120_000 }, () => {
  let browser: Browser;
  let saved: string;
  beforeAll(async () => {
    [browser, saved] = await Promise.all([launch(), savedPage()]);
    saved += "#room=graph";
  }, 120_000);
  afterAll(() => browser.close());

  test("values run forward, gradients back one edge at a time, and follow an input", async () => {
    const { page, complaints } = await open(browser, saved);
    await page.locator(".lab").focus();
    await page.keyboard.press("ArrowRight");
    await page.getByText("step 1 of 13").waitFor();
    await page.getByRole("slider", { name: "Step" }).fill("13");
    const sentence = page.locator(".outcome:visible");
    await sentence.getByText("Backward along one edge to c: 3 · 3 = 9.").waitFor();
    expect(await page.locator(".node-gradient").allTextContents()).toEqual(expect.arrayContaining(["∂ 3", "∂ 6", "∂ 9", "∂ 1"]));
    await page.getByRole("textbox", { name: "b", exact: true }).fill("-4");
    await sentence.getByText("3 · (−4) = −12").or(sentence.getByText("3 · −4 = −12")).waitFor();
    expect(complaints).toEqual([]);
  });

  test("a graph that is too large to draw is refused in one line", async () => {
    const { page } = await open(browser, saved);
    const long = Array.from({ length: 40 }, (_, k) => `sin(${k + 1}x)`).join("+");
    await page.getByLabel("J =").fill(long);
    await page.getByText("the page draws 60").waitFor();
  });
});
