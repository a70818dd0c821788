import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFinds, CHROMIUM, launch, open, savedPage } from "./open";

describe.skipIf(CHROMIUM === null)("the graph room", { timeout: 600_000 }, () => {
  let browser: Browser;
  let saved: string;
  beforeAll(async () => {
    [browser, saved] = await Promise.all([launch(), savedPage()]);
    saved += "#room=graph";
  }, 600_000);
  afterAll(() => browser.close());

  test("values run forward, gradients back one edge at a time, and follow an input", async () => {
    const { page, complaints } = await open(browser, saved);
    await page.locator(".lab").focus();
    await page.keyboard.press("ArrowRight");
    await page.getByText("step 1 of 13").waitFor();
    await page.getByRole("slider", { name: "Step" }).fill("13");
    const sentence = page.locator(".outcome:visible");
    await sentence.getByText("Backward along one edge to c: 3 · 3 = 9.").waitFor();
    await expect.poll(() => page.locator(".node-gradient").allTextContents()).toEqual(expect.arrayContaining(["∂ 3", "∂ 6", "∂ 9", "∂ 1"]));
    await page.getByRole("textbox", { name: "b", exact: true }).fill("-4");
    await sentence.getByText("3 · (−4) = −12").or(sentence.getByText("3 · −4 = −12")).waitFor();
    expect(complaints).toEqual([]);
  });

  test("a module, written out in numbers, is walked to the gradient of a dead unit; the walk stays in view", async () => {
    const { page, complaints } = await open(browser, saved);
    await page.getByRole("combobox", { name: "example" }).selectOption({ label: "Two layers with ReLU, one unit of which is dead" });
    await page.getByText("nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))").waitFor();
    await page.getByText('steepest.graph("(v1*relu(w1*x + b1)').waitFor();
    const facts = page.locator(".facts:visible").filter({ hasText: "∂J/∂w2" });
    expect((await facts.locator("dd").allTextContents()).slice(4, 7)).toEqual(["0", "0", "0"].map((zero) => expect.stringMatching(`^−?${zero}$`)));
    await page.getByRole("slider", { name: "Step" }).fill("26");
    const edge = await page.locator(".now-edge").boundingBox();
    const scroll = await page.locator(".graph-scroll").boundingBox();
    if (edge === null || scroll === null) throw new Error("nothing is drawn");
    expect(edge.x).toBeGreaterThanOrEqual(scroll.x);
    expect(edge.x + edge.width).toBeLessThanOrEqual(scroll.x + scroll.width);
    expect(complaints).toEqual([]);
  });

  test.each([
    ["light", 1280],
    ["dark", 390],
  ] as const)("axe finds nothing in %s at %i pixels", async (theme, width) => {
    const { page } = await open(browser, `${saved}&theme=${theme}`, width);
    expect(await axeFinds(page)).toEqual([]);
  });

  test("a graph that is too large to draw is refused in one line", async () => {
    const { page } = await open(browser, saved);
    const long = Array.from({ length: 40 }, (_, k) => `sin(${k + 1}x)`).join("+");
    await page.getByLabel("J =").fill(long);
    await page.getByText("the page draws 60").waitFor();
  });
});
