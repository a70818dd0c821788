import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFinds, CHROMIUM, launch, open, said, savedPage, serve, type Served } from "./open";

const folder = mkdtempSync(join(tmpdir(), "steepest-runs-"));
const saved = (name: string): string => join(folder, `${name}.steepest`);
const MAKE = `
import sys, pandas, steepest
folder = sys.argv[1]
steepest.minimize("x^2 + 10*y^2 + x*y", (3, 1), lr=0.05, epochs=40).save(f"{folder}/slow.steepest")
steepest.minimize("x^2 + 10*y^2 + x*y", (3, 1), lr=0.09, epochs=40).save(f"{folder}/fast.steepest")
steepest.fit(pandas.DataFrame({"<img src=x onerror=alert(1)>": [1.0, 2, 3, 4], "y": [3.0, 5, 7, 9.4]}), "y").save(f"{folder}/line.steepest")
`;

const FOLLOWED = `
import sys, torch, steepest
w = torch.tensor([1.0], requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.01)
with steepest.watch({"w": w}, optimizer, every=1, lab=True) as run:
    for _ in range(3):
        sys.stdin.readline()
        for _ in range(10):
            optimizer.zero_grad()
            run.loss((w**2).sum()).backward()
            optimizer.step()
sys.stdin.readline()
`;

describe.skipIf(CHROMIUM === null)("the runs room", { timeout: 600_000 }, () => {
  let browser: Browser;
  let server: Served;
  beforeAll(async () => {
    const made = spawnSync(process.env["STEEPEST_PYTHON"] ?? "python3", ["-c", MAKE, folder], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
    [browser, server] = await Promise.all([launch(), serve()]);
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  async function room(width = 1280): Promise<{ page: Page; complaints: string[] }> {
    const { page, complaints } = await open(browser, server.address, width);
    await page.getByRole("button", { name: "Runs", exact: true }).click();
    return { page, complaints };
  }
  const give = (page: Page, ...names: string[]): Promise<void> => page.locator("#open-run").setInputFiles(names.map(saved));

  test("saved runs are shown, gone through and compared", async () => {
    const { page, complaints } = await room();
    await give(page, "slow", "fast");
    await page.getByRole("button", { name: "Close fast" }).waitFor({ timeout: 600_000 });
    await page.locator(".verdict-word").getByText("epoch 40").waitFor();
    const facts = page.locator(".runs-room .facts");
    await facts.getByText("0.09", { exact: true }).waitFor();
    await page.getByRole("group", { name: "Steps of the run" }).locator("visible=true").getByRole("button", { name: "First step" }).click();
    await page.locator(".place:visible").getByText("step 0").waitFor();
    await page.locator("canvas:visible").focus();
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("button", { name: "Compare with slow" }).click();
    const row = page.getByRole("row", { name: "learning rate" });
    await expect.poll(() => row.locator("td").allTextContents()).toEqual(["0.09", "0.05", "−0.04"]);
    await expect.poll(() => page.locator(".runs-room svg.frame path.objective").count()).toBeGreaterThan(3);
    expect(complaints).toEqual([]);
  });

  test("a dropped file is read; a cut and a foreign one are a line; names stay text", async () => {
    const { page } = await room();
    writeFileSync(saved("cut"), readFileSync(saved("slow")).subarray(0, 300));
    writeFileSync(saved("page"), "<html>no run</html>");
    await give(page, "cut");
    await page.getByRole("alert").getByText("cut.steepest: the file is cut short").waitFor({ timeout: 600_000 });
    await give(page, "page");
    await page.getByRole("alert").getByText("page.steepest: the file is not a steepest file").waitFor();
    const data = await page.evaluateHandle((bytes) => {
      const made = new DataTransfer();
      made.items.add(new File([Uint8Array.from(bytes)], "line.steepest"));
      return made;
    }, [...readFileSync(saved("line"))]);
    await page.locator(".runs-room").dispatchEvent("drop", { dataTransfer: data });
    await page.getByRole("rowheader", { name: "<img src=x onerror=alert(1)>" }).first().waitFor();
    expect(await page.locator("img").count()).toBe(0);
  });

  test("axe finds nothing in both themes, at both widths", async () => {
    const { page } = await room();
    await give(page, "slow");
    await page.getByRole("button", { name: "Close slow" }).waitFor({ timeout: 600_000 });
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        expect(await axeFinds(page)).toEqual([]);
        const small = await page.locator(".runs-room text:visible").evaluateAll((all) => all.filter((one) => parseFloat(getComputedStyle(one).fontSize) < 11).length);
        expect(small).toBe(0);
      }
    }
  });

  test("a loop is followed as it goes, by two pages and after a reload, and its verdict comes at the end", async () => {
    const program = spawn(process.env["STEEPEST_PYTHON"] ?? "python3", ["-c", FOLLOWED], { stdio: ["pipe", "pipe", "inherit"] });
    const address = await said(program, /http:\/\/\S+(?=\s)/);
    const { page, complaints } = await open(browser, address, 1280, ".runs-room .status");
    await page.getByText("Following a run as it goes.").waitFor();
    const fact = page.locator(".runs-room .facts dd").first();
    for (const step of ["9", "19"]) {
      program.stdin.write("go\n");
      await fact.getByText(step, { exact: true }).waitFor();
    }
    await page.reload();
    await fact.getByText("19", { exact: true }).waitFor();
    const second = await page.context().newPage();
    await second.goto(new URL("/", address).href);
    await second.getByText("Following a run as it goes.").waitFor();
    program.stdin.write("go\n");
    for (const one of [page, second]) await one.locator(".verdict-word").getByText("at step 30").waitFor();
    program.stdin.end();
    expect(complaints).toEqual([]);
    for (const one of [page, second]) await one.close();
  });

  test("the page on its own says that it needs the engine", async () => {
    const { page } = await open(browser, `${await savedPage()}`);
    await page.getByRole("button", { name: "Runs", exact: true }).click();
    await page.getByText("A saved run is read by the engine").waitFor();
    expect(await page.locator("#open-run").isDisabled()).toBe(true);
  });
});
