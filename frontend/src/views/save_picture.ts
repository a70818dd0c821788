/** A picture of the page as a file: SVG with its colours written out, or PNG. */

const LOOKS = [
  "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "paint-order",
  "font-family", "font-size", "font-weight", "text-anchor",
] as const;
const DOTS = 2; // a pixel of the page

/** Save what a stage shows; of a canvas there is only PNG. */
export async function savePicture(shown: Element, kind: "svg" | "png"): Promise<void> {
  if (shown instanceof HTMLCanvasElement) return save(await blobOf(shown), "png");
  if (!(shown instanceof SVGSVGElement)) return;
  const text = standalone(shown);
  if (kind === "svg") return save(new Blob([text], { type: "image/svg+xml" }), "svg");
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [DOTS * shown.clientWidth, DOTS * shown.clientHeight];
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  save(await blobOf(canvas), "png");
}

/** The picture with its looks as attributes, on the colour of its card. */
export function standalone(shown: SVGSVGElement): string {
  const copy = shown.cloneNode(true) as SVGSVGElement;
  const [from, to] = [shown.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((one, place) => {
    const style = getComputedStyle(one);
    for (const look of LOOKS) to[place]?.setAttribute(look, style.getPropertyValue(look));
  });
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
