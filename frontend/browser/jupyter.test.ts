/** The widget in a real JupyterLab: it shows, it is dragged, it is there again after saving and opening anew, and as a web page. */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, launch } from "./open";

const PYTHON = process.env["STEEPEST_PYTHON"] ?? "python3";
const LAB = process.env["STEEPEST_JUPYTER"] ?? join(dirname(PYTHON), "jupyter-lab");
const CONVERT = join(dirname(LAB), "jupyter-nbconvert");
const isThere = CHROMIUM !== null && existsSync(LAB);
if (!isThere) console.warn("the widget is not tried in JupyterLab: none is installed (dev.py page --check --jupyter does; STEEPEST_JUPYTER names its program)");

const CELL = "import steepest\nsteepest.minimize('x^2 + 10*y^2 + x*y', (3, 1), lr=0.05, epochs=40)";
const NOTEBOOK = {
  cells: [{ cell_type: "code", id: "one", source: CELL, metadata: {}, outputs: [], execution_count: null }],
  metadata: { kernelspec: { name: "tried", display_name: "tried", language: "python" } },
  nbformat: 4,
  nbformat_minor: 5,
};

describe.skipIf(!isThere)("the widget in JupyterLab", { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "steepest-jupyter-"));
  let server: ChildProcess;
  let address: string;
  beforeAll(async () => {
    const kernel = join(folder, "jupyter", "kernels", "tried");
    mkdirSync(kernel, { recursive: true });
    writeFileSync(join(kernel, "kernel.json"), JSON.stringify({ argv: [PYTHON, "-m", "ipykernel_launcher", "-f", "{connection_file}"], display_name: "tried", language: "python" }));
    mkdirSync(join(folder, "work"));
    writeFileSync(join(folder, "work", "tried.ipynb"), JSON.stringify(NOTEBOOK));
    const given = ["--no-browser", "--port=0", "--allow-root", "--ServerApp.token=tried", `--ServerApp.root_dir=${join(folder, "work")}`];
    server = spawn(LAB, given, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, HOME: folder, JUPYTER_PATH: join(folder, "jupyter") } });
    address = await new Promise((resolve) => {
      let said = "";
      server.stderr?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
        if (port !== null) resolve(`http://127.0.0.1:${port[1]}/lab/tree/tried.ipynb?token=tried`);
      });
    });
  }, 600_000);
  afterAll(() => void server.kill("SIGTERM"));

  test("shows, drags, and survives saving and opening again", async () => {
    const browser = await launch();
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    const told: string[] = []; // to the kernel
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => told.push(payload.toString())));
    await page.goto(address);
    await page.locator(".jp-Notebook").waitFor({ timeout: 600_000 });
    await page.getByText("tried | Idle").waitFor({ timeout: 600_000 });
    await page.getByRole("menuitem", { name: "Run", exact: true }).click();
    await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
    const widget = page.locator(".lab.embedded").first();
    await widget.locator(".verdict-word").getByText("epoch 40").waitFor({ timeout: 600_000 });
    await widget.getByRole("button", { name: "Drag it" }).click();
    const handle = page.locator(".lab.embedded .handle").first();
    await handle.scrollIntoViewIfNeeded();
    const box = await handle.boundingBox();
    if (box === null) throw new Error("the start has a place");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x - 80, box.y + 60, { steps: 5 });
    await page.mouse.up();
    const start = page.locator(".lab.embedded .starts input").first();
    await expect.poll(() => start.inputValue()).not.toBe("3");
    const there = await start.inputValue();
    await handle.focus();
    await page.keyboard.press("ArrowLeft"); // is the widget's, not the notebook's
    await expect.poll(async () => Number(await start.inputValue())).toBeLessThan(Number(there));
    const last = await start.inputValue();
    await expect.poll(() => told.some((one) => one.includes("comm_msg") && one.includes(`run=${last}%2C`))).toBe(true);
    const saved = page.waitForResponse((answer) => answer.request().method() === "PUT" && answer.url().includes("/api/contents/tried.ipynb"), { timeout: 600_000 });
    await page.getByRole("menuitem", { name: "File", exact: true }).click();
    await page.getByRole("menuitem", { name: /^Save Notebook(?! As)/ }).click();
    await saved;
    await page.reload();
    await start.waitFor({ timeout: 600_000 });
    await expect.poll(() => start.inputValue()).toBe(last);
    await browser.close();
  });

  test("is a table and a picture in the page that nbconvert makes of the saved notebook", async () => {
    const file = join(folder, "work", "tried.ipynb");
    const made = spawnSync(CONVERT, ["--to", "html", file], { encoding: "utf8", env: { ...process.env, HOME: folder } });
    expect(made.stderr).toContain("Writing");
    const browser = await launch();
    const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 1000 } });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file.replace("ipynb", "html")).href);
    await page.getByRole("columnheader", { name: "learning_rate" }).waitFor();
    const picture = page.locator(".jp-OutputArea-output img");
    await expect.poll(() => picture.evaluate((one: HTMLImageElement) => one.complete && one.naturalWidth)).toBeGreaterThan(300);
    expect(await page.getByText("Error displaying widget").count()).toBe(0);
    await browser.close();
  });
});
