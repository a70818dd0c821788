import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFinds, CHROMIUM, launch, open, savedPage } from "./open";

describe.skipIf(CHROMIUM === null)("the lessons room", { timeout: 600_000 }, () => {
  let browser: Browser;
  let saved: string;
  beforeAll(async () => {
    [browser, saved] = await Promise.all([launch(), savedPage()]);
  }, 600_000);
  afterAll(() => browser.close());

  test("each step sets the page up, and the learner goes on from there", async () => {
    const { page, complaints } = await open(browser, saved);
    await page.getByRole("button", { name: "Lessons" }).click();
    await page.getByRole("heading", { name: "The cost of a weight" }).waitFor();
    await page.getByRole("combobox", { name: "lesson" }).selectOption("2");
    await page.getByRole("heading", { name: "Calculus first" }).waitFor();
    await expect.poll(() => page.getByLabel("f =").inputValue()).toBe("x^2-4x+5");
    await page.getByRole("slider", { name: "Step" }).fill("5");
    await page.getByText("step 5 of 60").waitFor();
    await page.getByRole("button", { name: "Next", exact: true }).click();
    await page.getByRole("heading", { name: "Seven rates" }).waitFor();
    await expect.poll(() => page.locator(".runs:visible li").count()).toBe(4);
    await page.getByRole("combobox", { name: "lesson" }).selectOption("4");
    for (let k = 0; k < 2; k += 1) await page.getByRole("button", { name: "Next", exact: true }).click();
    await page.getByText("Epoch 15.").waitFor();
    await page.getByRole("combobox", { name: "lesson" }).selectOption("1");
    await page.getByText("Epoch 20.").waitFor();
    const contours = page.getByRole("group", { name: "The contours of the loss" }); // the intercept starts at its minimum
    await expect.poll(() => contours.locator("text").allTextContents()).toContain("0.5");
    await page.getByRole("combobox", { name: "lesson" }).selectOption("3");
    await page.getByRole("button", { name: "Next", exact: true }).click();
    await page.getByRole("button", { name: "Next", exact: true }).click();
    await expect.poll(() => page.getByLabel("J =").inputValue()).toBe("3*(a+b*c)");
    expect(complaints).toEqual([]);
  });

  test("an exercise is checked, and what is solved is remembered", async () => {
    const { page } = await open(browser, `${saved}#room=lesson&lesson=0.6`, 1280, ".lesson h2");
    const first = page.locator(".exercise").first();
    await first.getByRole("textbox").fill("1/4");
    await first.getByRole("button", { name: "Check" }).click();
    await first.getByText("Not yet. The factor of an epoch is").waitFor();
    await first.getByRole("textbox").fill("3/14");
    await first.getByRole("textbox").press("Enter");
    await first.getByText("Right.").waitFor();
    await page.reload();
    await page.locator(".exercise").first().getByText("Right.").waitFor();
  });

  test("a learner's own program is compared in the terminal, where a lesson knows what it is", async () => {
    const { page } = await open(browser, `${saved}#room=lesson&lesson=2.0&language=zh`, 1280, ".lesson h2");
    const own = page.locator(".card", { has: page.getByRole("heading", { name: "你自己的程序" }) }).last();
    await own.getByText("steepest lesson 2 --check - --lang zh").waitFor();
    await page.getByRole("combobox", { name: "课程" }).selectOption("5");
    await own.waitFor({ state: "hidden" });
  });

  test.each([
    ["light", "en", 1280, "1.2"],
    ["dark", "zh", 390, "1.6"],
    ["light", "zh", 390, "0.6"],
  ] as const)("axe finds nothing in %s, %s, at %i pixels", async (theme, language, width, lesson) => {
    const { page } = await open(browser, `${saved}#room=lesson&lesson=${lesson}&language=${language}&theme=${theme}`, width, ".lesson h2");
    expect(await axeFinds(page)).toEqual([]);
  });

  test("in Chinese nothing of the page is left in English", async () => {
    const { page, complaints } = await open(browser, `${saved}#room=lesson&lesson=1.2&language=zh`);
    await page.getByRole("heading", { name: "一百个点：看起来收敛了" }).waitFor();
    await page.getByText("第 1000 轮。").waitFor();
    for (const room of ["公式", "表格", "计算图", "运行"]) {
      await page.getByRole("button", { name: room, exact: true }).click();
      const words = await page.locator("label:visible, button:visible, h2:visible, option:visible, .hint:visible, .outcome:visible p").allTextContents();
      expect(words.filter((one) => /[a-z]{4,} [a-z]+/i.test(one.replace(/steepest \w+/g, "").replaceAll("`", "")))).toEqual([]);
    }
    await page.getByRole("combobox", { name: "语言" }).selectOption("en");
    await page.getByRole("button", { name: "Formula", exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });
});
