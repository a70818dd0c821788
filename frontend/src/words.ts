/**
 * Every text of the page goes through `text`: its English sentence is the key of the catalogue, so that another
 * language needs a catalogue and no change in code. Numbers and names stand in braces.
 */

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Catalogue = Readonly<Record<string, string>>;

let catalogues: Partial<Record<Language, Catalogue>> = {};
let language: Language = "en";

/** The sentences of each language by their English ones; what is missing is shown in English. */
export function learn(sentences: Partial<Record<Language, Catalogue>>): void {
  catalogues = sentences;
}

/** The language that is spoken from now on. */
export function speak(name: Language): void {
  language = name;
}

export const spoken = (): Language => language;

export function text(sentence: string, values: Readonly<Record<string, string | number>> = {}): string {
  return (catalogues[language]?.[sentence] ?? sentence).replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}
