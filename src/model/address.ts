/** @file The address of a unit: `layer`, `layer:channel` or `layer:channel@y,x`, as users type it. */

import { expect, InputError } from "../error.ts";
import { classesNamed } from "./labels.ts";
import type { Layer } from "./layers.ts";
import type { Model } from "./model.ts";
import { nearest } from "./nearest.ts";

export interface Address {
  readonly layer: Layer;
  /** Class or feature map; all of them when left out. */
  readonly channel?: number | undefined;
  /** [y, x], the place in a sequence, or the class token of one; all of them when left out. */
  readonly position?: readonly number[] | "cls" | undefined;
}

/** The address written out with the layer's own name: `layer3.1:17@4,4`. */
export const addressText = ({ layer, channel, position }: Address): string =>
  `${layer.address}${channel === undefined ? "" : `:${channel}`}${position ? `@${typeof position === "string" ? position : position.join(",")}` : ""}`;

/**
 * Finds what an address means. The layer is one of its names or a unique end of one; the channel is a number or, at the
 * output, a class label; a position without a channel (`layer@y,x`) stands for all channels there.
 *
 * Throws an `InputError` that suggests the nearest names or labels. Whether channel and position exist shows when the net's
 * size is known: see `placeUnit`.
 */
export function parseAddress(model: Model, text: string): Address {
  const [, head = "", tail] = text.trim().match(/^(.*?)(?:@(cls|[\s\d,-]*))?$/s) ?? [];
  const position = positionIn(tail);
  expect(
    !Array.isArray(position) || position.every(Number.isInteger),
    () => `the address "${text}" ends in a broken position: expected @y,x, e.g. ${head}@4,4`,
  );
  const whole = exact(model, head);
  if (whole) return { layer: whole, position };
  const colon = splits(head).find((i) => exact(model, head.slice(0, i))) ?? head.lastIndexOf(":");
  if (colon < 0) return { layer: findLayer(model, head), position };
  const layer = findLayer(model, head.slice(0, colon));
  return { layer, channel: channelOf(model, layer, head.slice(colon + 1).trim()), position };
}

/** `layer:*`, `layer:0-15`, `layer:3,7,20-24`, each with `@y,x` behind it or not; `layer:3` looks the same. */
const listed = /^(.*):(\*|\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)(@(?:cls|[\s\d,-]*))?$/s;

/** Whether an address is written as one of several units: with `*`, or a list or range of channels. */
export const namesSeveral = (text: string): boolean => /\D/.test(text.trim().match(listed)?.[2] ?? "");

/**
 * What `layer:*` stands for: one address for each channel (or class), of which `channels` says how many there are;
 * `layer:*@y,x` the same at a position. Lists and ranges of channels (`layer:3,7,20-24`) stand for those, each once. Any other
 * address stands for itself.
 *
 * Throws an `InputError` as `parseAddress` does, and for ranges that run backwards. Of a range that leaves the layer, one
 * address outside is among them: see `placeUnit`.
 */
export function expandAddress(model: Model, text: string, channels: (layer: Layer) => number): Address[] {
  const [, head = "", list = "", position = ""] = text.trim().match(listed) ?? [];
  if (!namesSeveral(text) || exact(model, `${head}:${list}`)) return [parseAddress(model, text)];
  const whole = parseAddress(model, head + position);
  expect(
    whole.channel === undefined,
    () => `"${text}" names a channel and several at once: write ${whole.layer.address}:${list}${position}`,
  );
  const { layer } = whole;
  if (isOutput(layer) && classesNamed(model.labels?.names ?? [], list).length > 0) return [parseAddress(model, text)];
  const count = channels(layer);
  const found = list === "*" ? upTo(0, count - 1) : list.split(",").flatMap((part) => rangeOf(text, part, count));
  return [...new Set(found)].map((channel) => ({ ...whole, channel }));
}

/** `20-24`, of which no more than the first beyond `count` is kept. */
function rangeOf(text: string, part: string, count: number): number[] {
  const [from = 0, to = from] = part.split("-").map(Number);
  expect(from <= to, () => `"${text}": the range ${part} runs backwards: write ${to}-${from}`);
  return upTo(from, Math.min(to, Math.max(from, count)));
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** What stands behind the @; NaN where a number is missing. */
const positionIn = (tail: string | undefined): Address["position"] =>
  tail === undefined || tail === "cls" ? tail : tail.split(",").map((x) => (x.trim() === "" ? Number.NaN : Number(x)));

/** Places of the colons, last first: names in files may hold some. */
const splits = (text: string): number[] => [...text].flatMap((c, i) => (c === ":" ? [i] : [])).reverse();

const namesOf = (layer: Layer): string[] => [layer.address, ...layer.aliases];

/** Own names outweigh aliases, which may be shared by two layers of one node. */
const exact = ({ layers }: Model, name: string): Layer | undefined =>
  layers.find((l) => l.address === name) ?? layers.find((l) => l.aliases.includes(name));

/** The layer with a name, or with the only name that ends so. */
export function findLayer(model: Model, name: string): Layer {
  const found = exact(model, name);
  if (found) return found;
  const ending = (fits: (n: string) => boolean): Layer[] =>
    name === "" ? [] : model.layers.filter((layer) => namesOf(layer).some((n) => n.endsWith(name) && fits(n)));
  const whole = ending((n) => /[./_:]/.test(n.at(-name.length - 1)!));
  const matches = whole.length > 0 ? whole : ending(() => true);
  if (matches.length === 1) return matches[0]!;
  if (matches.length > 1) {
    const shown = matches.slice(0, 4).map((l) => l.address);
    throw new InputError(
      `"${name}" could be ${shown.join(", ")}${matches.length > 4 ? ` or ${matches.length - 4} more` : ""}: write more of the layer's name`,
    );
  }
  const names = [...new Set(model.layers.map((l) => l.address))];
  throw new InputError(
    `the net has no layer "${name}": did you mean ${nearest(name, names).join(", ")}? 'fovea inspect' lists all ${names.length}`,
  );
}

/** Whether a layer's channels are classes. */
export const isOutput = (layer: Layer): boolean => namesOf(layer).some((n) => n === "logits" || n === "probabilities");

function channelOf(model: Model, layer: Layer, text: string): number {
  if (/^-?\d+$/.test(text) && !(isOutput(layer) && isOnlyALabel(model, text))) return Number(text);
  if (!isOutput(layer))
    throw new InputError(
      `"${text}" is no channel of ${layer.address}: expected a number; class labels work at logits only`,
    );
  const names = model.labels?.names;
  if (!names)
    throw new InputError(
      `the classes of this net have no names, so "${text}" says nothing: give a class number, or the names with --labels FILE`,
    );
  const classes = classesNamed(names, text);
  if (classes.length === 1) return classes[0]!;
  if (classes.length > 1)
    throw new InputError(`"${text}" names the classes ${classes.join(" and ")}: give the number of one`);
  throw new InputError(`no class is called "${text}": did you mean ${nearest(text, names).join(", ")}?`);
}

/** A number that is no class number but a class's name. */
const isOnlyALabel = ({ labels }: Model, text: string): boolean =>
  labels !== undefined && Number(text) >= labels.names.length && labels.names.includes(text);
