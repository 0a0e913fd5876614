/** @file What is measured where nothing is asked: classes, channels, layers, and a layer half-way. */

import { expect } from "../../src/error.ts";
import { expandAddress, findLayer, parseAddress } from "../../src/model/address.ts";
import { mainLayers } from "../../src/model/main-layers.ts";
import type { Model } from "../../src/model/model.ts";
import { macsOf } from "../../src/ops/macs.ts";
import { specialise } from "../../src/passes/specialise.ts";
import { netAt } from "../../src/preimage/net.ts";

const channelsOf = (model: Model, address: string, size: number): number => {
  const [layer] = netAt(model, [findLayer(model, address).value], size).layers;
  return layer!.channelAxis === undefined ? 0 : layer!.value.shape[layer!.channelAxis]!;
};

/** All classes, and so many channels of every one of a few layers, evenly spread over them. */
export function usualUnits(model: Model, size: number, { layers = 4, channels = 3 } = {}): string[] {
  const [logits, ...inner] = mainLayers(model, layers + 1).toReversed();
  const classes = model.labels?.names ?? Array.from({ length: channelsOf(model, logits!.address, size) }, (_, i) => i);
  return [
    ...classes.map((name) => `${logits!.address}:${name}`),
    ...inner.toReversed().flatMap(({ address }) => {
      const all = channelsOf(model, address, size);
      return Array.from({ length: channels }, (_, i) => `${address}:${Math.floor(((i + 0.5) * all) / channels)}`);
    }),
  ];
}

/** Written out: `layer:*` is all of a layer's channels. Throws an `InputError` for what is no channel or class. */
export const readUnits = (model: Model, size: number, list: readonly string[]): string[] =>
  list.flatMap((text) => {
    if (!text.endsWith(":*")) {
      const { channel, position } = parseAddress(model, text);
      expect(
        channel !== undefined && position === undefined,
        () => `"${text}" is no channel and no class: write layer:17, logits:rose, or layer:* for all of them`,
      );
      return [text];
    }
    const { names } = model.labels ?? {};
    return expandAddress(model, text, (layer) => channelsOf(model, layer.address, size)).map(
      ({ layer, channel }) => `${layer.address}:${(layer.address === "logits" && names?.[channel!]) || channel}`,
    );
  });

/** The first main layer with half of the net's multiply-accumulates behind it or more. */
export function middleLayer(model: Model, size: number): string {
  const layers = mainLayers(model, 99);
  const macs = layers.map(({ value }) =>
    macsOf(specialise(model.source, { shapes: { [model.input.name]: shapeAt(model, size) }, outputs: [value] }).graph),
  );
  return layers[macs.findIndex((m) => m >= macs.at(-1)! / 2)]!.address;
}

const shapeAt = (model: Model, size: number): number[] =>
  (model.input.shape ?? [1, 3, size, size]).map((d, i, all) =>
    i === 0 ? 1 : typeof d === "number" ? d : i >= all.length - 2 ? size : 3,
  );
