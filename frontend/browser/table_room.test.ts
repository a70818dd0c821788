import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, inAddress, launch, open, savedPage, serve, settled } from "./open";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe.skipIf(CHROMIUM === null)("the table room", { timeout: 600_000 }, () => {
  let browser: Browser;
  let saved: string;
  beforeAll(async () => {
    [browser, saved] = await Promise.all([launch(), savedPage()]);
    saved += "#room=table";
  }, 600_000);
  afterAll(() => browser.close());

  test("the line moves with the epoch, to least squares", async () => {
    const { page, complaints } = await open(browser, saved);
    const facts = page.locator("dl:visible");
    await facts.getByText("0 + 0 x").waitFor();
    await page.getByRole("textbox", { name: "epoch" }).fill("1000000000");
    // R: lm(dist ~ speed, cars) has intercept -17.579, slope 3.932, and 11353.52/50 = 227.0704 as mean squared error.
    await expect.poll(() => facts.locator("dd").first().textContent()).toBe("−17.579 + 3.9324 x");
    await expect.poll(() => facts.getByText("227.07").count()).toBe(2);
    expect(complaints).toEqual([]);
  });

  test("standardising turns the ellipses round: one step arrives", async () => {
    const { page } = await open(browser, saved);
    await page.getByLabel("standardise the features").check();
    await page.getByRole("button", { name: "Best rate" }).click();
    await page.getByRole("textbox", { name: "epoch" }).fill("1");
    await page.locator("dl:visible dd").first().getByText("−17.579 + 3.9324 x").waitFor();
  });

  test("a pasted table is read, what was done is said, and a wrong one is refused", async () => {
    const { page } = await open(browser, saved);
    const box = page.getByLabel("Table to read");
    await box.fill("town;rent;size\nA;500,5;40\nB;NA;50\nC;700;60\nD;910,25;80");
    await page.getByRole("button", { name: "Read it" }).click();
    const notes = page.locator(".notes");
    await notes.getByText("4 rows: CSV, delimiter ';', header, decimal comma").waitFor();
    await notes.getByText("columns without numbers are left out here: 'town'").waitFor();
    await notes.getByText("'rent' has no value in 1 of 4 rows").waitFor();
    await box.fill("a,b\n1,2\n3");
    await page.getByRole("button", { name: "Read it" }).click();
    await page.getByText("line 3 has 1 values, and the first has 2").waitFor();
    await page.locator("input[type=file]:visible").setInputFiles({ name: "t.csv", mimeType: "text/csv", buffer: Buffer.from("x,<img src=x onerror=alert(1)>\n1,2\n2,4\n3,6") });
    await page.locator("dl:visible").getByText("0 + 2 x").waitFor();
    expect(await page.locator("img").count()).toBe(0);
  });

  test("points are dragged, added and removed, and the link holds them", async () => {
    const { page } = await open(browser, `${saved}&table=data%3Dsample%253Athree`);
    const box = await page.locator(".point").first().boundingBox();
    if (box === null) throw new Error("the point has a place");
    await page.mouse.move(box.x + 4, box.y + 4);
    await page.mouse.down();
    await page.mouse.move(box.x + 4, box.y - 60, { steps: 4 });
    await page.mouse.up();
    await settled(page, "data=");
    await page.getByRole("button", { name: "Add an outlier" }).click();
    await expect.poll(() => page.locator(".point").count()).toBe(4);
    await expect.poll(() => inAddress(page, "table", "data").trim().split("\n").length).toBe(5); // its head, and four points
    const lines = await page.locator("dl:visible dd").nth(1).textContent();
    const { page: second } = await open(browser, page.url());
    await expect.poll(() => second.locator("dl:visible dd").nth(1).textContent()).toBe(lines);
    await page.locator(".point").first().click({ force: true });
    await page.getByRole("button", { name: "Remove the point" }).click();
    await expect.poll(() => page.locator(".point").count()).toBe(3);
  });

  test("the start is dragged on the contour", async () => {
    const { page } = await open(browser, saved);
    const handle = page.locator(".two .handle");
    const box = await handle.boundingBox();
    if (box === null) throw new Error("the start has a place");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x - 60, box.y - 40, { steps: 4 });
    await page.mouse.up();
    await settled(page, "start=");
    await handle.focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => page.locator(".two .handle").getAttribute("aria-valuetext")).toContain("w = ");
  });

  test("mini-batches go beside at equal rows seen, with the floor that noise keeps them above", async () => {
    const { page, complaints } = await open(browser, saved);
    await page.getByRole("textbox", { name: "epoch" }).fill("20");
    await page.getByRole("textbox", { name: "rows to an update" }).fill("5");
    await page.locator(".outcome:visible").getByText("After 1000 rows, 5 at a time in 200 updates").waitFor();
    await page.locator(".legend:visible").getByText("noise floor of the mini-batches").waitFor();
    const floor = page.locator("dl:visible dt", { hasText: "noise floor" }).locator("xpath=following-sibling::dd[1]");
    const before = await floor.textContent();
    await page.getByRole("textbox", { name: "learning rate" }).fill("0.0001");
    await expect.poll(() => floor.textContent()).not.toBe(before);
    await page.getByRole("textbox", { name: "rows to an update" }).fill("50");
    await page.getByText("a whole number below the number of rows").waitFor();
    expect(complaints).toEqual([]);
  });

  test("noise and an outlier are added, and taken back", async () => {
    const { page } = await open(browser, saved);
    const line = page.locator("dl:visible dd").nth(1);
    await page.getByRole("button", { name: "Add an outlier" }).click();
    await expect.poll(() => page.locator(".point").count()).toBe(51);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => page.locator(".point").count()).toBe(50);
    await expect.poll(() => line.textContent()).toBe("−17.579 + 3.9324 x");
    await page.getByRole("textbox", { name: "noise" }).fill("0.5");
    await expect.poll(() => line.textContent()).not.toBe("−17.579 + 3.9324 x");
    await page.getByRole("textbox", { name: "noise" }).fill("0");
    await expect.poll(() => line.textContent()).toBe("−17.579 + 3.9324 x");
  });

  test("several features have a contour over two of the parameters, and rows held out a curve", async () => {
    const { page } = await open(browser, saved);
    const rows = Array.from({ length: 40 }, (_, i) => [i % 7, (i * i) % 11, 2 * (i % 7) - ((i * i) % 11) + (i % 3)].join(","));
    await page.getByLabel("Table to read").fill(["a,b,y", ...rows].join("\n"));
    await page.getByRole("button", { name: "Read it" }).click();
    await page.getByLabel("target").selectOption({ label: "y" });
    await page.locator(".features").getByLabel("b").check();
    await page.locator(".features").getByLabel("a").check();
    await page.getByText("y, predicted").waitFor();
    await page.getByLabel("contour over").selectOption({ label: "b" });
    await page.getByText("slope w of b").waitFor();
    await page.getByLabel("rows held out").selectOption("0.2");
    await page.locator(".objective.held").first().waitFor({ state: "attached" });
    await settled(page, "holdout=0.2");
    const { page: second } = await open(browser, page.url());
    await expect.poll(() => second.locator("dl:visible").textContent()).toBe(await page.locator("dl:visible").textContent());
  });

  test("two classes have an S-curve, and separated ones no minimum", async () => {
    const { page } = await open(browser, saved);
    const box = page.getByLabel("Table to read");
    await box.fill("x,pass\n1,no\n2,no\n3,yes\n4,no\n5,yes\n6,yes");
    await page.getByRole("button", { name: "Read it" }).click();
    await page.getByText("'pass' has two values").waitFor();
    await page.getByLabel("logistic loss").check();
    await page.locator("path.fit.logistic").last().waitFor({ state: "attached" });
    await page.getByText(/log-odds, in \d Newton steps/).waitFor();
    await box.fill("x,pass\n1,no\n2,no\n3,no\n4,yes\n5,yes\n6,yes\n7,yes");
    await page.getByRole("button", { name: "Read it" }).click();
    await page.locator(".notes").getByText("7 rows").waitFor();
    await page.getByLabel("logistic loss").check();
    await page.getByText("A line parts the classes").waitFor();
  });

  test.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
    ["dark", 390],
  ] as const)("axe finds nothing in %s at %i pixels", async (theme, width) => {
    const { page, complaints } = await open(browser, `${saved}&theme=${theme}&table=batch%3D5%26epoch%3D30%26holdout%3D0.2%26others%3Dhuber`, width);
    await page.evaluate(AXE);
    const found = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run());
    expect(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 120))])).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(CHROMIUM === null)("the served table room", { timeout: 600_000 }, () => {
  test("files are read by the engine, and its verdict is shown", async () => {
    const [browser, server] = await Promise.all([launch(), serve()]);
    const { page, complaints, requests } = await open(browser, server.address);
    await page.getByRole("button", { name: "Table", exact: true }).click();
    const choose = (name: string, text: string): Promise<void> => page.locator("input[type=file]:visible").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
    await choose("rent.csv", "town;rent;size\nA;500,5;40\nB;;50\nC;700;60\nD;910,25;80");
    await page.locator(".notes").getByText("rent.csv: CSV, delimiter ';', header, decimal comma").waitFor({ timeout: 600_000 });
    await page.locator(".notes").getByText("'rent' has no value in 1 of 4 rows").waitFor();
    await page.getByRole("textbox", { name: "epoch" }).fill("1000");
    await page.locator(".outcome:visible").getByText(/Max steps at epoch 1000|Converged/).waitFor({ timeout: 600_000 });
    await choose("bad.csv", "a,b\n1,2\n3,x\n5,6\n7,8");
    await page.getByText("bad.csv, row 2 (line 3): column 'b' is 'x', which is not a number").waitFor({ timeout: 600_000 });
    await choose("img.csv", "x,<img src=x onerror=alert(1)>\n1,2\n2,4\n3,6");
    await page.locator(".features").getByText("<img").waitFor({ timeout: 600_000 });
    expect(await page.locator("img").count()).toBe(0);
    // Another page of the same server has its own table; this one keeps its.
    const other = await page.context().newPage();
    await other.goto(`${new URL(server.address).origin}/#room=table`);
    await other.getByRole("textbox", { name: "epoch" }).fill("7");
    await other.locator(".outcome:visible").getByText("Epoch 7.").waitFor();
    expect(await page.locator(".features").textContent()).toContain("<img");
    expect(complaints).toEqual([]);
    expect(requests.filter((one) => !one.startsWith(new URL(server.address).origin))).toEqual([]);
    await server.stop();
    await browser.close();
  });

  test("a page goes on alone while the server is away, and with it when it is back", async () => {
    const [browser, server] = await Promise.all([launch(), serve()]);
    const port = Number(new URL(server.address).port);
    const { page } = await open(browser, server.address);
    await page.getByRole("button", { name: "Table", exact: true }).click();
    await page.getByRole("textbox", { name: "epoch" }).fill("500");
    await page.locator(".outcome:visible").getByText("Max steps at epoch 500").waitFor({ timeout: 600_000 });
    await server.stop();
    await page.locator(".status:visible").getByText("The engine does not answer").waitFor();
    await page.getByLabel("Table to read").fill("a,b\n1,2\n2,4\n3,7");
    await page.getByRole("button", { name: "Read it" }).click();
    await page.locator(".notes").getByText("3 rows: CSV").waitFor({ timeout: 600_000 });
    const again = await serve(port);
    // The new server has a token of its own: its page brings the cookie that this one then has, too.
    await (await page.context().newPage()).goto(again.address);
    await page.getByRole("textbox", { name: "epoch" }).fill("300");
    await page.locator(".outcome:visible").getByText("Max steps at epoch 300").waitFor({ timeout: 600_000 });
    await again.stop();
    await browser.close();
  });
});
