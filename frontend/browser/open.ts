/** Chromium, and the page in it: served by Python, or opened from disk as one file. */

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
export const CHROMIUM = process.env["STEEPEST_CHROMIUM"] ?? PROGRAMS.find((path) => existsSync(path)) ?? null;
export const WHY_NOT = "no Chromium was found; on Debian: apt-get install chromium";

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? "", args: QUIET });
}

function python(...given: string[]): ChildProcess {
  return spawn(process.env["STEEPEST_PYTHON"] ?? "python3", ["-m", "steepest", ...given], { stdio: ["ignore", "pipe", "inherit"] });
}

/** The page as `steepest lab --save` writes it; the address of the file. */
export async function savedPage(): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), "steepest-lab-")), "lab.html");
  const done = python("lab", "--save", file);
  const code = await new Promise((resolve) => done.on("exit", resolve));
  if (code !== 0) throw new Error(`steepest lab --save ended with ${code}`);
  return pathToFileURL(file).href;
}

/** What a program prints, as soon as it has printed it. */
export function said(program: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let whole = "";
    program.stdout?.on("data", (chunk: Buffer) => {
      whole += chunk.toString();
      const found = wanted.exec(whole);
      if (found) resolve(found[0].trim());
    });
    program.on("exit", (code) => reject(new Error(`it ended with ${code}, and had said: ${whole}`)));
  });
}

export interface Served {
  readonly address: string;
  stop(): Promise<void>;
}

/** The server of `steepest lab`, and the address that it prints. */
export async function serve(port = 0): Promise<Served> {
  const server = python("lab", "--no-browser", "--port", String(port));
  const address = await said(server, /http:\/\/\S+(?=\s)/);
  return {
    address,
    stop: () =>
      new Promise((resolve) => {
        server.on("exit", () => resolve());
        server.kill("SIGINT");
      }),
  };
}

/** A page whose errors, words on the console and requests are kept. */
export interface Watched {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

export async function open(browser: Browser, address: string, width = 1280, until = ".outcome:visible p"): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(300_000); // a busy machine takes its time
  const [complaints, requests]: [string[], string[]] = [[], []];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address);
  await page.locator(until).first().waitFor();
  return { page, complaints, requests };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds wrong on a page. */
export async function axeFinds(page: Page): Promise<unknown[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run());
  return found.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 120))]);
}

/** The page's state, once its address has it: it is written a moment after the last change. */
export async function settled(page: Page, part: string): Promise<void> {
  await page.waitForFunction((wanted) => decodeURIComponent(location.hash.replaceAll("+", " ")).includes(wanted), part);
}

/** A part of the state as the address has it now; of a part of that, its own part. "" where it is the default. */
export function inAddress(page: Page, ...names: readonly string[]): string {
  return names.reduce((text, name) => new URLSearchParams(text).get(name) ?? "", new URL(page.url()).hash.slice(1));
}
