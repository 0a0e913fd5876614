/** @file The page of a sheet: units with their pictures, the photos that they like, and numbers; it stands alone. */

import { documentHtml, escaped, factsHtml } from "./page.ts";

export interface SheetPatch {
  /** A data URI. */
  readonly source: string;
  /** The photo's name. */
  readonly photo: string;
  /** The unit's activation there. */
  readonly activation: string;
}

export interface SheetEntry {
  /** Its address. */
  readonly title: string;
  /** Name of the class, where it has one. */
  readonly label?: string;
  /** A data URI. */
  readonly source: string;
  readonly patches: readonly SheetPatch[];
  readonly numbers: Readonly<Record<string, string>>;
  /** What is to be said of it, whole sentences. */
  readonly notes: readonly string[];
  readonly dead: boolean;
}

export interface SheetPage {
  readonly title: string;
  readonly words: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly entries: readonly SheetEntry[];
  /** How to make it again. */
  readonly command: string;
}

const style = `
  body { max-width: 96rem }
  h1, h2 { margin: 0 0 .5rem } h2 { font-size: 1rem; overflow-wrap: anywhere }
  dl { gap: 0 .75rem; margin: .4rem 0 }
  .units { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1.75rem 1.25rem; margin: 2rem 0 }
  .unit { font-size: .85em; scroll-margin-top: 1rem } .unit:target { outline: 2px solid #2f7ed8; outline-offset: .5rem }
  .unit h2 a { color: inherit; text-decoration: none }
  .pictures { display: grid; grid-template-columns: 1fr; gap: 3px }
  .pictures.beside { grid-template-columns: 1fr 1fr }
  .pictures > img { width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 3px }
  .patches { display: grid; gap: 3px; align-content: start }
  .patches img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #8882; border-radius: 2px }
  .dead img { opacity: .35 } .dead h2 { color: #d0344f }
  .note { opacity: .8; margin: .2rem 0 }
  code { display: block; overflow-wrap: anywhere; font-size: .85em; opacity: .8 }`;

const patchHtml = ({ source, photo, activation }: SheetPatch): string => {
  const told = escaped(`${photo}: ${activation}`);
  return `<img src="${escaped(source)}" alt="${told}" title="${told}" loading="lazy">`;
};

function entryHtml({ title, label, source, patches, numbers, notes, dead }: SheetEntry): string {
  const name = label === undefined ? title : `${title} ${label}`;
  const across = Math.ceil(Math.sqrt(patches.length));
  const beside =
    patches.length > 0
      ? `<div class="patches" style="grid-template-columns:repeat(${across},1fr)">${patches.map(patchHtml).join("")}</div>`
      : "";
  return `
<article class="unit${dead ? " dead" : ""}" id="${escaped(title)}">
  <h2><a href="#${escaped(encodeURIComponent(title))}">${escaped(name)}</a></h2>
  <div class="pictures${beside ? " beside" : ""}"><img src="${escaped(source)}" alt="${escaped(`picture of ${name}`)}" loading="lazy">${beside}</div>
  ${factsHtml(numbers)}${notes.map((note) => `\n  <p class="note">${escaped(note)}</p>`).join("")}
</article>`;
}

/** The page as text in UTF-8. Nothing in it is loaded. */
export const sheetPage = ({ title, words, facts, entries, command }: SheetPage): string =>
  documentHtml(
    title,
    words,
    style,
    `\n${factsHtml(facts)}\n<code>${escaped(command)}</code>\n<div class="units">${entries.map(entryHtml).join("")}\n</div>`,
  );
