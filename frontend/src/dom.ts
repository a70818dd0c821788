/** Elements in one line. Text is always set as text: nothing that a user typed is ever read as HTML. */

type Attributes = Readonly<Record<string, string | number | boolean | ((event: Event) => void)>>;
type Child = Element | string | null;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), attributes, children);
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

export function mathml(tag: string, attributes: Attributes = {}, ...children: Child[]): MathMLElement {
  return filled(document.createElementNS("http://www.w3.org/1998/Math/MathML", tag) as MathMLElement, attributes, children);
}

/** Attributes: a function listens to the event of its name; true is an empty attribute, false none. */
function filled<Made extends Element>(made: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** New children in place of the old ones. */
export function refill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...children.filter((child) => child !== null));
}

/** The element that has the focus, also inside a shadow root. */
export function focused(within: Element): Element | null {
  const root = within.getRootNode();
  return root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null;
}
