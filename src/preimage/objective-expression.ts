/** @file Objectives as data: the tree behind `2*layer2:4 + layer3:9`, its one way to be written, and the objective it means. */

import { type Address, addressText } from "../model/address.ts";
import type { Layer } from "../model/layers.ts";
import type { Model } from "../model/model.ts";
import { fromNumbers, type Tensor } from "../tensor/tensor.ts";
import { objectiveFunctions } from "./objective-functions.ts";
import {
  add,
  interpolate,
  type LayeredObjective,
  mul,
  neg,
  sub,
  type Term,
  unitObjective,
} from "./objective-layered.ts";

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "unit"; readonly address: Address }
  | { readonly kind: "minus"; readonly of: Expression }
  | { readonly kind: "+" | "-" | "*" | "interpolate"; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: "function";
      /** Of `objectiveFunctions`. */
      readonly name: string;
      readonly address: Address;
      readonly given?: Given;
      /** All of them, defaults too. */
      readonly options: Readonly<Record<string, number | string>>;
    };

/** A direction written out, or what a name stands for. */
export type Given =
  | { readonly kind: "numbers"; readonly values: readonly number[] }
  | { readonly kind: "vector" | "photo"; readonly name: string };

/** What must be found before the objective can be built: a direction, or a photo whose code at the layer is wanted. */
export interface Need {
  readonly kind: "vector" | "photo";
  readonly name: string;
  readonly layer: Layer;
}

const parts = (e: Expression): readonly Expression[] =>
  "left" in e ? [e.left, e.right] : e.kind === "minus" ? [e.of] : [];

/** What the functions in the expression need, in the order of the text. */
export function needsOf(e: Expression): Need[] {
  if (e.kind !== "function") return parts(e).flatMap(needsOf);
  if (!e.given || e.given.kind === "numbers") return [];
  return [{ kind: e.given.kind, name: e.given.name, layer: e.address.layer }];
}

/** The addresses in the expression, in the order of the text. */
export const addressesOf = (e: Expression): Address[] => ("address" in e ? [e.address] : parts(e).flatMap(addressesOf));

/** Finds what an expression needs; called when the net has its size. */
export type Find = (need: Need) => Tensor<"float32">;

/** The objective that an expression means. */
export function objectiveOf(model: Model, e: Expression, find: Find): LayeredObjective {
  const term = termOf(model, e, find);
  if (typeof term === "number") throw new Error(`internal: the objective ${term} names no unit`);
  return term;
}

function termOf(model: Model, e: Expression, find: Find): Term {
  switch (e.kind) {
    case "number":
      return e.value;
    case "unit":
      return unitObjective(e.address);
    case "minus":
      return neg(objectiveOf(model, e.of, find));
    case "interpolate":
      return interpolate(objectiveOf(model, e.left, find), objectiveOf(model, e.right, find));
    case "function": {
      const { name, address, options, given } = e;
      const tensorOf = (g: Given): Tensor<"float32"> =>
        g.kind === "numbers" ? fromNumbers("float32", g.values) : find({ ...g, layer: address.layer });
      return objectiveFunctions[name]!.make({ model, address, options, given: () => tensorOf(given!) });
    }
    default:
      return { "+": add, "-": sub, "*": mul }[e.kind](termOf(model, e.left, find), termOf(model, e.right, find));
  }
}

/**
 * The expression as text: the same for all that mean the same tree, and what `parseObjective` reads back to it. A unit alone
 * is its address.
 */
export const objectiveText = (e: Expression): string => (e.kind === "unit" ? addressText(e.address) : written(e, 0));

/** How tightly an expression binds: sums 1, products 2, signs 3, all else 4. */
const binding = (e: Expression): number => {
  if (e.kind === "+" || e.kind === "-") return 1;
  if (e.kind === "*") return 2;
  return e.kind === "minus" || (e.kind === "number" && e.value < 0) ? 3 : 4;
};

/** In parentheses where it binds less tightly than `least`. */
function written(e: Expression, least: number): string {
  const text = plain(e);
  return binding(e) < least ? `(${text})` : text;
}

function plain(e: Expression): string {
  switch (e.kind) {
    case "number":
      return String(e.value);
    case "unit":
      return quotedAddress(e.address);
    case "minus":
      return `-${written(e.of, 3)}`;
    case "+":
    case "-":
      return `${written(e.left, 1)} ${e.kind} ${written(e.right, 2)}`;
    case "*":
      return `${written(e.left, 2)}*${written(e.right, 3)}`;
    case "interpolate":
      return `interpolate(${plain(e.left)}, ${plain(e.right)})`;
    case "function": {
      const given = e.given ? [givenText(e.given)] : [];
      const options = Object.entries(e.options).flatMap(([name, value]) =>
        value === objectiveFunctions[e.name]!.options[name]!.default ? [] : [`${name}=${value}`],
      );
      return `${e.name}(${[quotedAddress(e.address), ...given, ...options].join(", ")})`;
    }
  }
}

const givenText = (given: Given): string =>
  given.kind === "numbers" ? `[${given.values.join(", ")}]` : quoted(given.name);

/** The address with its layer's name quoted where that is needed; channels are numbers. */
function quotedAddress(address: Address): string {
  const name = address.layer.address;
  return quoted(name) + addressText(address).slice(name.length);
}

/** A name as it is where it reads as one word, else in quotes. */
const quoted = (name: string): string =>
  /^[^\s()*+,="[\]\\-]([^\s()*+,="[\]\\]*[^\s()*+,="[\]\\-])?$/.test(name) && !/^[\d.]/.test(name)
    ? name
    : `"${name.replace(/["\\]/g, "\\$&")}"`;
