import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFinds, CHROMIUM, inAddress, launch, open, savedPage, serve, settled, WHY_NOT } from "./open";

if (CHROMIUM === null) console.warn(`browser tests are skipped: ${WHY_NOT}`);

describe.skipIf(CHROMIUM === null)("the formula room", { timeout: 600_000 }, () => {
  let browser: Browser;
  let saved: string;
  beforeAll(async () => {
    [browser, saved] = await Promise.all([launch(), savedPage()]);
  }, 600_000);
  afterAll(() => browser.close());

  test("opens from disk, asks nobody, and complains of nothing", async () => {
    const { page, complaints, requests } = await open(browser, saved);
    await page.getByLabel("f =").fill("x^2 + 10y^2");
    await page.locator(".level").first().waitFor();
    expect(requests).toEqual([saved]);
    expect(complaints).toEqual([]);
    expect(await page.locator(".points").textContent()).toBe("In this window: minimum at x = 0, y = 0.");
  });

  test("a wrong formula is named at its column while it is typed", async () => {
    const { page } = await open(browser, saved);
    await page.getByLabel("f =").fill("x^2 - 4y[0]");
    const error = page.getByRole("alert");
    await error.getByText("column 9").waitFor();
    expect(await error.locator("mark").textContent()).toBe("[");
    await page.getByLabel("f =").fill("x^2 - 4y");
    await error.waitFor({ state: "hidden" });
  });

  test("the start follows the pointer and the arrow keys", async () => {
    const { page } = await open(browser, saved);
    const box = await page.locator(".handle").boundingBox();
    if (box === null) throw new Error("the start has a place");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x - 200, box.y, { steps: 5 });
    await page.mouse.up();
    const start = page.getByLabel("start x");
    expect(Number(await start.inputValue())).toBeLessThan(5);
    const before = Number(await start.inputValue());
    await page.locator(".handle").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await expect.poll(async () => Number(await start.inputValue())).toBeGreaterThan(before);
  });

  test.each(["contour", "surface"])("two fingers zoom the %s, and the start stays", async (view) => {
    const { page } = await open(browser, `${saved}#formula=x^2+%2B+10y^2&run=3,1+SGD+0.05+0&view=${view}`);
    const picture = page.locator(".stage > *");
    const box = await picture.boundingBox();
    if (box === null) throw new Error("the picture has a place");
    const session = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...gaps: number[]): Promise<unknown> =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints: gaps.map((gap, id) => ({ id, x: box.x + 300 + gap, y: box.y + 200 })) });
    const width = (): number => {
      const [low = 0, high = 0] = inAddress(page, "window").split(",").map(Number);
      return high - low;
    };
    await page.getByRole("button", { name: "+", exact: true }).click(); // 0.7 of the whole
    await expect.poll(width).toBeGreaterThan(0);
    const whole = width() / 0.7;
    await page.getByRole("button", { name: "Whole run" }).click();
    await expect.poll(width).toBe(0);
    await touch("touchStart", -50);
    await touch("touchStart", -50, 50);
    for (const gap of [60, 80, 100]) await touch("touchMove", -gap, gap);
    await touch("touchEnd");
    await expect.poll(() => width() / whole).toBeCloseTo(0.5, 2); // the address has the last move a while after the first
    expect([await page.getByLabel("start x").inputValue(), await page.getByLabel("start y").inputValue()]).toEqual(["3", "1"]);
  });

  test("steps are walked by keys, buttons and the slider, and each says why", async () => {
    const { page } = await open(browser, saved);
    await page.getByRole("button", { name: "One step forward" }).click();
    await page.getByText("step 1 of 30").waitFor();
    await expect.poll(() => page.locator(".update").textContent()).toBe("x ← 6 − 0.1 · 8 = 5.2");
    await page.locator(".lab").focus();
    await page.keyboard.press("ArrowRight");
    await page.getByText("step 2 of 30").waitFor();
    await page.getByRole("slider", { name: "Step" }).fill("30");
    await page.getByText("step 30 of 30").waitFor();
    await expect.poll(() => page.locator("tr.now th").textContent()).toBe("30");
  });

  test("the state is in the address, and a second page has it", async () => {
    const { page } = await open(browser, saved);
    await page.getByRole("combobox", { name: "example" }).selectOption({ label: "Ellipses" });
    await page.getByRole("button", { name: "Compare rates" }).click();
    await page.locator(".runs li").nth(4).waitFor();
    await settled(page, "kept=");
    const { page: second } = await open(browser, page.url());
    await expect.poll(() => second.locator(".runs li").count()).toBe(await page.locator(".runs li").count());
    await expect.poll(() => second.getByLabel("f =").inputValue()).toBe("x^2 + 10y^2");
    await expect.poll(() => second.locator(".run-end").allTextContents()).toEqual(await page.locator(".run-end").allTextContents());
  });

  test("a state that is no state, and markup in a formula, are only text", async () => {
    const { page, complaints } = await open(browser, `${saved}#kept=%3Cimg%20src=x%20onerror=alert(1)%3E&steps=1e99`);
    await page.getByLabel("f =").fill("<img src=x onerror=alert(1)>");
    await page.getByRole("alert").getByText("column 1").waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("the wheel and the keys zoom, and the picture is saved as it looks", async () => {
    const { page } = await open(browser, saved);
    const box = await page.locator(".stage").boundingBox();
    if (box === null) throw new Error("the stage has a place");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, -400);
    await settled(page, "window=");
    await page.locator(".lab").focus();
    await page.keyboard.press("0");
    await expect.poll(() => page.url().includes("window=")).toBe(false);
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save SVG" }).click()]);
    const picture = readFileSync(await file.path(), "utf8");
    expect(picture).toContain('stroke="rgb(213, 94, 0)"');
    const [image] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save PNG" }).click()]);
    expect(readFileSync(await image.path()).subarray(1, 4).toString()).toBe("PNG");
    await page.getByRole("textbox", { name: "steps" }).fill("4");
    const [film] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save GIF" }).click()]);
    const bytes = readFileSync(await film.path());
    expect(bytes.subarray(0, 6).toString()).toBe("GIF89a");
    expect(bytes.toString("latin1").split("\x21\xf9\x04").length - 1).toBe(5); // pictures, each with its time
  });

  test.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
  ] as const)("axe finds nothing in %s at %i pixels", async (theme, width) => {
    const { page } = await open(browser, `${saved}#theme=${theme}&formula=x^2%2By^2&run=1,2+SGD+0.1+0`, width);
    expect(await axeFinds(page)).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

describe.skipIf(CHROMIUM === null)("the served page", { timeout: 600_000 }, () => {
  test("gets the engine's verdict, and goes on by itself where the server ends", async () => {
    const browser = await launch();
    const server = await serve();
    const { page, complaints } = await open(browser, server.address);
    expect(page.url()).not.toContain("token");
    await page.locator(".outcome").getByText("Max steps at epoch 30").waitFor({ timeout: 600_000 });
    await page.getByText("What does this verdict mean?").locator("visible=true").click();
    await page.locator(".meaning").getByText("Max steps: The steps asked for were made").waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByLabel("f =").fill("x^4 + y^2");
    await other.locator(".outcome").getByText("epoch").waitFor({ timeout: 600_000 });
    expect(await page.getByLabel("f =").inputValue()).toBe("x^2 - 4x + 5");
    expect(complaints).toEqual([]);
    await server.stop();
    await page.getByText("The engine does not answer").waitFor();
    await page.getByLabel("f =").fill("x^2");
    await page.getByText("After 30 steps").waitFor();
    await browser.close();
  });
});
