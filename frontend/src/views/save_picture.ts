/** A picture of the page as a file: SVG with its colours written out, PNG, or the steps of a run as a GIF. */

import { applyPalette, GIFEncoder, quantize } from "gifenc";

const LOOKS = [
  "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "paint-order",
  "font-family", "font-size", "font-weight", "text-anchor",
] as const;
const DOTS = 2; // a pixel of the page
const COLOURS = 128; // of a picture of a film
const [FRAME, LAST_FRAME] = [120, 2000]; // milliseconds that a picture stays

/** Save what a stage shows; of a canvas there is only PNG. */
export async function savePicture(shown: Element, kind: "svg" | "png"): Promise<void> {
  if (shown instanceof HTMLCanvasElement) return save(await blobOf(shown), "png");
  if (!(shown instanceof SVGSVGElement)) return;
  const text = standalone(shown);
  if (kind === "svg") return save(new Blob([text], { type: "image/svg+xml" }), "svg");
  save(await blobOf(await drawn(shown, DOTS)), "png");
}

/** The steps of a run as a film, a picture each: `show` draws one, and `stage` then holds it. */
export async function saveFilm(stage: Element, steps: readonly number[], show: (step: number) => Promise<void>): Promise<void> {
  const film = GIFEncoder();
  for (const step of steps) {
    await show(step);
    const canvas = await drawn(stage.firstElementChild ?? stage, 1);
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, width, height).data;
    if (pixels === undefined) return;
    const palette = quantize(pixels, COLOURS);
    film.writeFrame(applyPalette(pixels, palette), width, height, { palette, delay: step === steps.at(-1) ? LAST_FRAME : FRAME });
  }
  film.finish();
  save(new Blob([film.bytes().slice()], { type: "image/gif" }), "gif");
}

/** What is shown, drawn on a canvas on the colour of its card, with so many dots to a pixel of the page. */
async function drawn(shown: Element, dots: number): Promise<HTMLCanvasElement> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [dots * shown.clientWidth, dots * shown.clientHeight];
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  context.fillStyle = getComputedStyle(shown).getPropertyValue("--card").trim();
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(await imageOf(shown), 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function imageOf(shown: Element): Promise<CanvasImageSource> {
  if (shown instanceof HTMLCanvasElement) return shown;
  const image = new Image();
  if (shown instanceof SVGSVGElement) image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(shown))}`;
  await image.decode();
  return image;
}

/** The picture with its looks as attributes, on the colour of its card. */
export function standalone(shown: SVGSVGElement): string {
  const copy = shown.cloneNode(true) as SVGSVGElement;
  const [from, to] = [shown.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((one, place) => {
    const style = getComputedStyle(one);
    for (const look of LOOKS) to[place]?.setAttribute(look, style.getPropertyValue(look));
  });
  for (const still of copy.querySelectorAll("image")) still.remove(); // of what stands beside it as shapes
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: getComputedStyle(shown).getPropertyValue("--card").trim() })) paper.setAttribute(name, value);
  copy.prepend(paper);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}

function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob === null ? reject(new Error("no picture was made")) : resolve(blob)), "image/png"));
}

function save(blob: Blob, ending: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `steepest.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
