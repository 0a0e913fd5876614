/** @file Sliding-window geometry of convolutions and pools: kernel extents, padding, output sizes. */

import { InputError } from "../error.ts";
import type { Attributes } from "../graph/graph.ts";
import type { Shape } from "../tensor/tensor.ts";
import type { Window } from "./op.ts";

/** A window placed along every spatial axis of an input; all lists have one entry per spatial axis. */
export interface Windows extends Window {
  readonly padEnd: readonly number[];
  /** Input and output extents. */
  readonly in: readonly number[];
  readonly out: readonly number[];
  /** Extent that one dilated kernel spans: (k − 1) d + 1. */
  readonly span: readonly number[];
}

/** The attributes of Conv and the pools that place windows, under their ONNX names. */
export interface WindowAttributes {
  readonly auto_pad: string;
  readonly kernel_shape?: readonly number[] | undefined;
  readonly strides: readonly number[] | undefined;
  readonly dilations?: readonly number[] | undefined;
  readonly pads: readonly number[] | undefined;
  readonly ceil_mode?: number;
}

/**
 * Windows over an input of `shape` [N, C, …spatial]. The output extent is ⌊(in + pads − span) / stride⌋ + 1; under
 * `ceil_mode` it is rounded up, but no window starts beyond the input and its leading pad. Throws `InputError` where the
 * attributes do not fit the input or no window fits at all.
 */
export function windows(shape: Shape, kernel: readonly number[], a: WindowAttributes): Windows {
  const extents = shape.slice(2);
  const { stride, dilation, span, padBegin, padEnd } = placed(extents, kernel, a);
  if (a.auto_pad.startsWith("SAME"))
    extents.forEach((n, i) => {
      const total = Math.max(0, (Math.ceil(n / stride[i]!) - 1) * stride[i]! + span[i]! - n);
      padBegin[i] = a.auto_pad === "SAME_LOWER" ? Math.ceil(total / 2) : Math.floor(total / 2);
      padEnd[i] = total - padBegin[i]!;
    });
  const out = extents.map((n, i) => {
    const room = (n + padBegin[i]! + padEnd[i]! - span[i]!) / stride[i]!;
    if (room < 0)
      throw new InputError(
        `a window of ${span[i]} does not fit into an extent of ${n} with pads ${padBegin[i]} and ${padEnd[i]}: use a larger input`,
      );
    if (!a.ceil_mode) return Math.floor(room) + 1;
    const count = Math.ceil(room) + 1;
    return (count - 1) * stride[i]! >= n + padBegin[i]! ? count - 1 : count;
  });
  return { kernel, stride, dilation, padBegin, padEnd, in: extents, out, span };
}

/** What transposed convolutions have beside the attributes of a convolution. */
export interface TransposedAttributes extends WindowAttributes {
  readonly output_padding: readonly number[] | undefined;
  readonly output_shape: readonly number[] | undefined;
}

/**
 * Windows of a transposed convolution over an input of `shape`. They are those of the convolution that it transposes:
 * `in` is the extent of the transposed convolution's *output* and `out` that of its input; in = (out − 1) stride + span +
 * output_padding − pads.
 */
export function transposedWindows(shape: Shape, kernel: readonly number[], a: TransposedAttributes): Windows {
  const out = shape.slice(2);
  const { stride, dilation, span, padBegin, padEnd } = placed(out, kernel, a);
  const extra = perAxis("output_padding", a.output_padding, out.length, 0);
  const full = out.map((n, i) => (n - 1) * stride[i]! + span[i]! + extra[i]!);
  const same = a.auto_pad.startsWith("SAME");
  const wanted = a.output_shape?.slice(-out.length) ?? (same ? out.map((n, i) => n * stride[i]!) : undefined);
  if (wanted)
    wanted.forEach((n, i) => {
      const total = Math.max(0, full[i]! - n);
      padBegin[i] = a.auto_pad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
      padEnd[i] = total - padBegin[i]!;
    });
  const extents = a.output_shape ? wanted! : full.map((n, i) => n - padBegin[i]! - padEnd[i]!);
  const w = { kernel, stride, dilation, padBegin, padEnd, in: extents, out, span };
  const beyond = outputPadding(w);
  if (beyond.some((n, i) => n >= stride[i]!))
    throw new InputError(`output padding [${beyond}] must be less than the strides [${stride}]`);
  if (extents.some((n) => n < 1)) throw new InputError(`pads leave nothing of an output of [${full}]`);
  return w;
}

/** Strides, dilations and explicit pads with their defaults. */
function placed(extents: readonly number[], kernel: readonly number[], a: WindowAttributes) {
  const rank = extents.length;
  if (kernel.length !== rank)
    throw new InputError(`a kernel of [${kernel}] needs ${kernel.length} spatial axes, the input has ${rank}`);
  const stride = perAxis("strides", a.strides, rank, 1);
  const dilation = perAxis("dilations", a.dilations, rank, 1);
  const explicit = a.auto_pad === "NOTSET" || a.auto_pad === "";
  const pads = perAxis("pads", explicit ? a.pads : undefined, 2 * rank, 0);
  return {
    stride,
    dilation,
    span: kernel.map((k, i) => (k - 1) * dilation[i]! + 1),
    padBegin: pads.slice(0, rank),
    padEnd: pads.slice(rank),
  };
}

function perAxis(name: string, given: readonly number[] | undefined, count: number, byDefault: number): number[] {
  if (!given || given.length === 0) return new Array<number>(count).fill(byDefault);
  if (given.length !== count) throw new InputError(`expected ${count} ${name}, got [${given}]`);
  return [...given];
}

/**
 * Trailing pad with which the last window ends exactly at the padded input's end. Less than `padEnd`, even negative,
 * where the stride leaves a rest; more where `ceil_mode` lets the last window stand out.
 */
export const exactPadEnd = (w: Windows): number[] =>
  w.in.map((n, i) => (w.out[i]! - 1) * w.stride[i]! + w.span[i]! - n - w.padBegin[i]!);

/** What the stride leaves of the padded input behind the last window; negative where that stands out of it. */
export const outputPadding = (w: Windows): number[] => exactPadEnd(w).map((e, i) => w.padEnd[i]! - e);

/** Whether a call leaves its pads to be worked out. */
export const isAutomatic = ({ auto_pad }: Attributes): boolean =>
  auto_pad !== undefined && auto_pad !== "NOTSET" && auto_pad !== "";

/** The same windows with explicit pads. */
export const explicitPads = (w: Windows): { auto_pad: undefined; pads: number[] } => ({
  auto_pad: undefined,
  pads: [...w.padBegin, ...w.padEnd],
});
