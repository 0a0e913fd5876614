/** @file A self-contained HTML page of pictures with numbers beside them. */

export interface Figure {
  /** A data URI, so that the page stands alone. */
  readonly source: string;
  /** For those who do not see the picture. */
  readonly description: string;
  /** Below the picture; nothing by default. */
  readonly caption?: string;
}

export interface Section {
  readonly title: string;
  /** What is to be seen, in a sentence or two. */
  readonly words: string;
  readonly figures: readonly Figure[];
  /** Gives the pictures the whole width, for strips; default false. */
  readonly wide?: boolean;
  readonly numbers: Readonly<Record<string, string>>;
  /** How to make the picture again. */
  readonly command?: string;
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
/** Text for HTML and for attributes in double quotes. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => escapes[c]!);

/** Letters, lists of facts, tables and settings as all pages have them; a page's own style stands behind it and outweighs it. */
const common = `
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
  h1, h2 { line-height: 1.2; margin: 2rem 0 .5rem }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem }
  dt { opacity: .7 } dd { margin: 0 } dd, td { font-variant-numeric: tabular-nums }
  figure { margin: 0 } svg { width: 100%; height: auto }
  .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1.5rem }
  .scroll { overflow-x: auto } table { border-collapse: collapse }
  th, td { text-align: right } th:first-child, td:first-child { text-align: left }
  pre { overflow-x: auto; font-size: .85em; opacity: .8 }`;

const style = `
  section { display: flex; flex-wrap: wrap; gap: 1.5rem; margin: 2.5rem 0; align-items: flex-start }
  .words { flex: 1 1 18rem }
  .figures { flex: 2 1 24rem; display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem }
  .wide .figures { flex-basis: 100% } section:not(.wide) figure { max-width: 26rem }
  figcaption { font-size: .85em; opacity: .8 }
  img { width: 100%; height: auto; border-radius: 4px }
  h1, h2 { margin: 0 0 .5rem }
  code { display: block; overflow-wrap: anywhere; font-size: .85em; opacity: .8 }`;

const figureHtml = ({ source, description, caption }: Figure): string =>
  `<figure><img src="${escaped(source)}" alt="${escaped(description)}">${caption ? `<figcaption>${escaped(caption)}</figcaption>` : ""}</figure>`;

/** Names with their values. */
export const factsHtml = (facts: Readonly<Record<string, string>>): string =>
  `<dl>${Object.entries(facts)
    .map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`)
    .join("")}</dl>`;

const sectionHtml = ({ title, words, figures, wide = false, numbers, command }: Section): string => `
<section${wide ? ' class="wide"' : ""}>
  <div class="figures">${figures.map(figureHtml).join("")}</div>
  <div class="words">
    <h2>${escaped(title)}</h2>
    <p>${escaped(words)}</p>
    ${factsHtml(numbers)}${command ? `\n    <code>${escaped(command)}</code>` : ""}
  </div>
</section>`;

/**
 * A whole page as text in UTF-8: heading, opening words (plain text), then `body` (HTML). `style` adds to what all pages have.
 * Nothing in it is loaded.
 */
export const documentHtml = (title: string, words: string, style: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${common}${style}
</style>
<h1>${escaped(title)}</h1>
<p>${escaped(words)}</p>${body}
</html>
`;

/** The page of some pictures. */
export const page = (title: string, words: string, sections: readonly Section[]): string =>
  documentHtml(title, words, style, sections.map(sectionHtml).join(""));
