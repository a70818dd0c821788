/**
 * Every text of the page goes through `text`: its English sentence is the key of the catalogue, so that another
 * language needs a catalogue and no change in code. Numbers and names stand in braces.
 */

export type Catalogue = Readonly<Record<string, string>>;

let catalogue: Catalogue = {};

/** The sentences of a language by their English ones; what is missing is shown in English. */
export function speak(sentences: Catalogue): void {
  catalogue = sentences;
}

export function text(sentence: string, values: Readonly<Record<string, string | number>> = {}): string {
  return (catalogue[sentence] ?? sentence).replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}
