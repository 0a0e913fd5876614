/** @file Reads objectives as users type them: `2*layer2:4 + layer3:9`, `logits:rose - 0.5*logits:tulip`, `dream(layer3)`. */

import { expect, InputError } from "../error.ts";
import { type Address, parseAddress } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import { nearest } from "../model/nearest.ts";
import type { Expression, Given } from "./objective-expression.ts";
import { type ObjectiveFunction, type Option, objectiveFunctions } from "./objective-functions.ts";
import { errorAt, type Token, tokensOf } from "./objective-tokens.ts";

/**
 * What an objective means. Every address is one; others are made of them:
 *
 *   sum      = product { ("+" | "-") product }
 *   product  = factor { "*" factor }
 *   factor   = "-" factor | number | "(" sum ")" | call | address
 *   call     = "interpolate" "(" sum "," sum ")" | name "(" address [ "," vector or photo ] { "," option "=" value } ")"
 *   vector   = name | "[" number { "," number } "]"
 *
 * Names with symbols in them are quoted: `logits:"water lily"`; a minus needs a space on one side at least, else it is a hyphen.
 *
 * Throws an `InputError` that points at the place and suggests the nearest names. Whether channels and positions exist, and
 * vectors fit, shows when the net has its size (`objectiveOf(…).on`).
 */
export function parseObjective(model: Model, text: string): Expression {
  let plain: InputError;
  try {
    return { kind: "unit", address: parseAddress(model, text) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    plain = error;
  }
  const tokens = tokensOf(text);
  // A single word can only be meant as an address.
  if (tokens.length <= 2 && tokens[0]!.kind === "word" && !tokens[0]!.quoted && !text.includes("*")) throw plain;
  const parser = new Parser(model, text, tokens);
  const e = parser.sum();
  parser.take("end", 'an operator: "+", "-" or "*"');
  expect(namesUnit(e), () => `the objective "${text}" names no unit: expected an address in it, such as layer:channel`);
  return e;
}

const namesUnit = (e: Expression): boolean => e.kind !== "number";

class Parser {
  readonly #model: Model;
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(model: Model, text: string, tokens: readonly Token[]) {
    this.#model = model;
    this.#text = text;
    this.#tokens = tokens;
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #fail(token: Token, message: string): never {
    throw errorAt(this.#text, token.at, message);
  }

  /** The next token, which must be of this kind. */
  take(kind: Token["kind"], expected: string): Token {
    const token = this.#token;
    if (token.kind !== kind) this.#fail(token, `expected ${expected}, got ${shown(token)}`);
    this.#next++;
    return token;
  }

  /** Whether the next token is of this kind, which is then done with. */
  #skip(kind: Token["kind"]): boolean {
    if (this.#token.kind !== kind) return false;
    this.#next++;
    return true;
  }

  sum(): Expression {
    let left = this.#product();
    for (;;) {
      const { kind } = this.#token;
      if (kind !== "+" && kind !== "-") return left;
      this.#next++;
      left = operation(kind, left, this.#product());
    }
  }

  #product(): Expression {
    let left = this.#factor();
    while (this.#skip("*")) left = operation("*", left, this.#factor());
    return left;
  }

  #factor(): Expression {
    if (this.#skip("-")) return minus(this.#factor());
    if (this.#token.kind === "number") return { kind: "number", value: this.#number() };
    if (this.#skip("(")) {
      const inner = this.sum();
      this.take(")", '")"');
      return inner;
    }
    if (this.#token.kind === "word" && this.#tokens[this.#next + 1]!.kind === "(") return this.#call();
    return { kind: "unit", address: this.#address() };
  }

  #number(): number {
    const negative = this.#skip("-");
    const token = this.take("number", "a number");
    const value = Number(token.text);
    if (!Number.isFinite(value)) this.#fail(token, `${token.text} is too large`);
    return negative ? -value : value;
  }

  /** Words that follow each other are one label: `logits:water lily`. */
  #address(): Address {
    const first = this.#token;
    if (first.kind !== "word") this.#fail(first, `expected a unit such as layer:channel, got ${shown(first)}`);
    const words: string[] = [];
    while (this.#token.kind === "word") {
      if (words.length > 0 && (!first.text.includes(":") || /[:@]/.test(this.#token.text)))
        this.#fail(this.#token, `expected an operator between "${words.join(" ")}" and "${this.#token.text}"`);
      words.push(this.#token.text);
      this.#next++;
    }
    const text = words.join(" ");
    if (text.endsWith(":*"))
      this.#fail(
        first,
        `${text} stands for many units, one by one: an objective needs a single one, e.g. ${text.slice(0, -1)}0`,
      );
    try {
      return parseAddress(this.#model, text);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const hint = !first.quoted && text.includes("-") ? " (a minus needs a space beside it)" : "";
      this.#fail(first, error.message + hint);
    }
  }

  #call(): Expression {
    const name = this.take("word", "a function");
    const names = [...Object.keys(objectiveFunctions), "interpolate"];
    this.take("(", '"("');
    if (name.text === "interpolate") {
      const left = this.#objective();
      this.take(",", '", " and another objective');
      const right = this.#objective();
      this.take(")", '")"');
      return { kind: "interpolate", left, right };
    }
    const f = Object.hasOwn(objectiveFunctions, name.text) ? objectiveFunctions[name.text] : undefined;
    if (!f)
      this.#fail(name, `there is no function "${name.text}": did you mean ${nearest(name.text, names).join(", ")}?`);
    const address = this.#address();
    const given = f.takes && this.#given(name.text, f.takes);
    const options = this.#options(name.text, f);
    this.take(")", '")"');
    return { kind: "function", name: name.text, address, ...(given && { given }), options };
  }

  /** A part that must read a layer. */
  #objective(): Expression {
    const first = this.#token;
    const e = this.sum();
    if (!namesUnit(e)) this.#fail(first, "expected an objective that names a unit, got a number");
    return e;
  }

  #given(name: string, kind: "vector" | "photo"): Given {
    const wanted = kind === "vector" ? "a vector: its name, or numbers such as [1, 0, -0.5]" : "the name of a photo";
    this.take(",", `", " and ${wanted}, which ${name} needs`);
    if (kind === "vector" && this.#skip("[")) {
      const values = [this.#number()];
      while (this.#skip(",")) values.push(this.#number());
      this.take("]", '"]"');
      return { kind: "numbers", values };
    }
    return { kind, name: this.take("word", wanted).text };
  }

  #options(name: string, { options }: ObjectiveFunction): Record<string, number | string> {
    const values = Object.fromEntries(Object.entries(options).map(([key, option]) => [key, option.default]));
    const known = Object.keys(options);
    while (this.#skip(",")) {
      const key = this.take(
        "word",
        known.length > 0 ? `an option (${known.join(", ")})` : `")": ${name} has no options`,
      );
      const option = Object.hasOwn(options, key.text) ? options[key.text] : undefined;
      if (!option)
        this.#fail(
          key,
          known.length > 0
            ? `${name} has no option "${key.text}": did you mean ${nearest(key.text, known).join(", ")}?`
            : `${name} has no options`,
        );
      this.take("=", `"=" and a value for ${key.text}`);
      values[key.text] = this.#value(key.text, option);
    }
    return values;
  }

  #value(key: string, option: Option): number | string {
    const token = this.#token;
    if ("words" in option) {
      const { text } = this.take("word", `${key}=${option.words.join("|")}`);
      if (!option.words.includes(text)) this.#fail(token, `expected ${key}=${option.words.join("|")}, got "${text}"`);
      return text;
    }
    const value = this.#number();
    const { least = -Infinity, most = Infinity, whole = false } = option;
    const range = [least > -Infinity ? `from ${least}` : "", most < Infinity ? `to ${most}` : ""]
      .filter(Boolean)
      .join(" ");
    if (value < least || value > most || (whole && !Number.isSafeInteger(value)))
      this.#fail(token, `${key}: expected a ${whole ? "whole " : ""}number ${range}, got ${value}`);
    return value;
  }
}

const shown = ({ kind, text }: Token): string => (kind === "end" ? "the end" : `"${text}"`);

/** Numbers are computed at once, so that one meaning has one text. */
function operation(kind: "+" | "-" | "*", left: Expression, right: Expression): Expression {
  if (left.kind !== "number" || right.kind !== "number") return { kind, left, right };
  const [a, b] = [left.value, right.value];
  return { kind: "number", value: kind === "+" ? a + b : kind === "-" ? a - b : a * b };
}

function minus(of: Expression): Expression {
  if (of.kind === "number") return { kind: "number", value: -of.value };
  return of.kind === "minus" ? of.of : { kind: "minus", of };
}
