// Bundles the page into one module, which users need no Node for. `--check` fails where the committed bundle is old.
import { build } from "esbuild";
import { readFile } from "node:fs/promises";

const file = new URL("../src/steepest/lab/page/steepest.js", import.meta.url).pathname;
const check = process.argv.includes("--check");
const { outputFiles } = await build({
  entryPoints: [new URL("src/index.ts", import.meta.url).pathname],
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  charset: "utf8",
  loader: { ".css": "text" },
  legalComments: "inline",
  banner: { js: "/* steepest (Apache-2.0), with parts of d3 (ISC, copyright 2010-2023 Mike Bostock). */" },
  outfile: file,
  write: !check,
});
if (check) {
  const made = outputFiles[0].text;
  const committed = await readFile(file, "utf8").catch(() => "");
  if (made !== committed) {
    console.error("src/steepest/lab/page/steepest.js is older than frontend/src: run `python3 dev.py page`");
    process.exit(1);
  }
}
