/** @file The words of the objective language, each with its place in the text. */

import { InputError } from "../error.ts";

export interface Token {
  /** A symbol stands for itself; the last token is `end`. */
  readonly kind: "word" | "number" | "end" | "(" | ")" | "[" | "]" | "+" | "-" | "*" | "," | "=";
  /** Without quotes. */
  readonly text: string;
  /** Of the first character, from 0. */
  readonly at: number;
  /** Whether quotes were used, which makes even a number a name. */
  readonly quoted: boolean;
}

/** An error that points at a place. */
export const errorAt = (text: string, at: number, message: string): InputError =>
  new InputError(`objective "${text}", character ${at + 1}: ${message}`);

const symbols = "()[]+-*,=";
const isSymbol = (c: string): c is Exclude<Token["kind"], "word" | "number" | "end"> => symbols.includes(c);

/** A number that no name goes on from. */
const number = /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![^\s()[\]+*,=-])(?!-[^\s()[\]+*,=-])/iy;

/**
 * Splits a text. A word is what stands between blanks and symbols; quotes keep both inside of it ("\"" and "\\" in them stand for
 * themselves). These belong to a word too: a hyphen with the word on both sides (`ox-eye`), the commas of a position
 * (`layer@4,5`), and the asterisk of `layer:*`.
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const at = i;
    const c = text[i]!;
    number.lastIndex = i;
    const digits = number.exec(text)?.[0];
    if (/\s/.test(c)) i++;
    else if (digits !== undefined) {
      tokens.push({ kind: "number", text: digits, at, quoted: false });
      i += digits.length;
    } else if (isSymbol(c)) {
      tokens.push({ kind: c, text: c, at, quoted: false });
      i++;
    } else {
      const { word, end, quoted } = readWord(text, i);
      tokens.push({ kind: "word", text: word, at, quoted });
      i = end;
    }
  }
  tokens.push({ kind: "end", text: "", at: text.length, quoted: false });
  return tokens;
}

function readWord(text: string, start: number): { word: string; end: number; quoted: boolean } {
  let word = "";
  let quoted = false;
  let i = start;
  for (; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"') {
      const closed = /"((?:[^"\\]|\\.)*)"/sy;
      closed.lastIndex = i;
      const found = closed.exec(text);
      if (!found) throw errorAt(text, i, 'this quote is not closed: expected another "');
      word += found[1]!.replace(/\\(.)/gs, "$1");
      quoted = true;
      i += found[0].length - 1;
    } else if (/\s/.test(c) || (isSymbol(c) && !belongs(text, i, start))) break;
    else word += c;
  }
  return { word, end: i, quoted };
}

/** Whether the symbol at i is part of the word that it follows. */
function belongs(text: string, i: number, start: number): boolean {
  const [c, next = " "] = [text[i]!, text[i + 1]];
  const before = text.slice(start, i);
  if (c === "-") return before !== "" && !/\s/.test(next) && !isSymbol(next);
  if (c === ",") return /@-?\d+(,-?\d+)*$/.test(before) && /^-?\d/.test(text.slice(i + 1));
  return c === "*" && before.endsWith(":");
}
