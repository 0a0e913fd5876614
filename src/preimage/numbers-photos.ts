/** @file What photos say about pictures: how active they make what was maximised, and how natural they look by the same measures. */

import { expect } from "../error.ts";
import { findLayer } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import { channelsOf } from "../model/preprocessing.ts";
import { builderOf } from "../ops/builder.ts";
import { type CompileOptions, compile, type Program } from "../runtime/compile.ts";
import { type Distribution, distributionOf } from "../tensor/distribution.ts";
import type { Image } from "../tensor/image.ts";
import { Tensor, toNumbers } from "../tensor/tensor.ts";
import { fitPhoto } from "./encode.ts";
import { type Texture, texture } from "./measure-picture.ts";
import { pictureSize, type Size } from "./net.ts";
import type { BindOptions } from "./objective-bind.ts";
import { type Expression, needsOf, objectiveText } from "./objective-expression.ts";
import { parseObjective } from "./objective-parse.ts";
import { type Photos, samplePhotos } from "./photos-source.ts";
import { bindTargets } from "./targets.ts";

/** What a picture was made for. */
export type Subject =
  /** An address or any objective, as `maximize` and `dream` take them; of a dream, the photo too. */
  | ({ readonly kind: "objective"; readonly objective: string; readonly photo?: Image | undefined } & Named)
  /** `positive`: whether the positive part of the code alone counts, as in the preset `natural`; default true. */
  | { readonly kind: "caricature"; readonly layer: string; readonly photo: Image; readonly positive?: boolean }
  | { readonly kind: "inversion"; readonly layer: string; readonly photo: Image };

/** Directions and photos that an objective names. */
type Named = Pick<BindOptions, "vectors" | "photos">;

/** What is measured on the plain picture, as a tree; `undefined` for inversions, whose measure is their error. */
export function expressionOf(model: Model, subject: Subject): Expression | undefined {
  if (subject.kind === "inversion") return undefined;
  if (subject.kind === "objective") return parseObjective(model, subject.objective);
  const { layer, positive = true } = subject;
  const given = { kind: "photo", name: "photo" } as const;
  const address = { layer: findLayer(model, layer) };
  return positive
    ? { kind: "function", name: "exaggerate", address, given, options: {} }
    : { kind: "function", name: "caricature", address, given, options: { power: 0 } };
}

/** The activations that photos reach, by what was maximised, and what photos look like. */
export interface PhotoReference {
  /** Photos that were seen. */
  readonly photos: number;
  /** By the text of what was maximised; see `referenceKey`. None of objectives that compare pictures. */
  readonly activations: Readonly<Record<string, Distribution>>;
  readonly texture: { readonly [K in keyof Texture]: Distribution };
}

/** What the activations of a reference are found by: the objective, written in its one way. */
export const referenceKey = (model: Model, subject: Subject): string | undefined => {
  const expression = expressionOf(model, subject);
  return expression && objectiveText(expression);
};

export interface PhotoReferenceOptions extends CompileOptions {
  /** Side, or height and width, of the pictures; the net's own by default, else 224. */
  readonly size?: Size | undefined;
  /** Photos that are seen at most, evenly spread over all; default 256. */
  readonly most?: number;
  readonly progress?: (done: number, total: number) => void;
  /** Ends the pass after the current photo, with what there is. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Shows photos, one at a time, to the net at the size of the pictures and measures each as the pictures are measured: plain,
 * without transforms. All subjects must have been made at one size; photos that their objectives name do not count as seen.
 *
 * Throws an `InputError` where no photo can be read, and what `maximize` throws for objectives.
 */
export async function photoReference(
  model: Model,
  subjects: readonly Subject[],
  photos: Photos,
  { size, most = 256, progress, signal, ...options }: PhotoReferenceOptions = {},
): Promise<PhotoReference> {
  const sides = pictureSize(model, size);
  const programs = await measures(model, subjects, { ...options, size: sides });
  const reached = new Map(programs.flatMap(({ keys }) => keys.map((key) => [key, [] as number[]])));
  const textures: Texture[] = [];
  const total = Math.min(most, photos.names.length);
  try {
    for await (const photo of samplePhotos(photos, { side: Math.max(...sides), count: most })) {
      const shown = fitPhoto(model, sides, photo.image);
      const image = new Tensor("float32", [1, ...shown.dims], shown.bytes);
      for (const { program, keys } of programs) {
        const out = await program.run({ image });
        for (const [i, key] of keys.entries()) reached.get(key)!.push(toNumbers(out[`measure.${i}`]!)[0]!);
      }
      textures.push(texture(shown));
      progress?.(textures.length, total);
      if (signal?.aborted) break;
    }
  } finally {
    for (const { program } of programs) await program.dispose();
  }
  expect(textures.length > 0 || signal?.aborted, () => `${photos.name}: none of its photos could be read`);
  return {
    photos: textures.length,
    activations: Object.fromEntries(Array.from(reached, ([key, values]) => [key, distributionOf(values)])),
    texture: {
      spectrumSlope: distributionOf(textures.map((t) => t.spectrumSlope).filter((x) => !Number.isNaN(x))),
      totalVariation: distributionOf(textures.map((t) => t.totalVariation)),
    },
  };
}

/** A graph for each set of subjects that name the same photos and directions: `image` → `measure.i`, what `keys` says. */
async function measures(
  model: Model,
  subjects: readonly Subject[],
  options: CompileOptions & { readonly size: Size },
): Promise<{ readonly program: Program; readonly keys: readonly string[] }[]> {
  const groups = new Map<unknown, { named: Named; expressions: Map<string, Expression> }>();
  for (const subject of subjects) {
    const expression = expressionOf(model, subject);
    if (!expression) continue;
    const named = namedBy(subject);
    const own = needsOf(expression).length > 0 ? subject : "nothing named";
    const group = groups.get(own) ?? { named, expressions: new Map<string, Expression>() };
    groups.set(own, group);
    group.expressions.set(objectiveText(expression), expression);
  }
  const made: { program: Program; keys: string[] }[] = [];
  for (const { named, expressions } of groups.values()) {
    const { net, layers, targets } = await bindTargets(model, [...expressions.values()], { ...options, ...named });
    const g = builderOf();
    const image = g.input("image", "float32", [1, channelsOf(model.preprocessing), ...net.size]);
    const activations = net.emit(g, image, layers);
    const plain = [...expressions.keys()].flatMap((key, i) => {
      const { objective, comparesPictures } = targets[i]!;
      return comparesPictures ? [] : [{ key, objective }];
    });
    for (const [i, { objective }] of plain.entries())
      g.output(g.reshape(objective(g, activations), [1]), `measure.${i}`);
    if (plain.length > 0) made.push({ program: await compile(g.graph, options), keys: plain.map(({ key }) => key) });
  }
  return made;
}

const namedBy = (subject: Subject): Named =>
  subject.kind === "objective"
    ? { ...(subject.vectors && { vectors: subject.vectors }), ...(subject.photos && { photos: subject.photos }) }
    : { photos: { photo: subject.photo } };
