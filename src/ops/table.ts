/** @file The operator table: every record of the family files beside it, by ONNX name. */

import * as activation from "./activation.ts";
import * as arithmetic from "./arithmetic.ts";
import * as col2im from "./col2im.ts";
import * as compare from "./compare.ts";
import * as composite from "./composite.ts";
import * as constant from "./constant.ts";
import * as conv from "./conv.ts";
import * as einsum from "./einsum.ts";
import * as gather from "./gather.ts";
import * as gridSample from "./grid-sample.ts";
import * as identity from "./identity.ts";
import * as layout from "./layout.ts";
import * as linear from "./linear.ts";
import * as localNorm from "./local-norm.ts";
import * as mathematics from "./mathematics.ts";
import * as microsoft from "./microsoft.ts";
import * as microsoftConv from "./microsoft-conv.ts";
import * as microsoftLinear from "./microsoft-linear.ts";
import * as microsoftQuantised from "./microsoft-quantised.ts";
import * as norm from "./norm.ts";
import { formalAt, isInline, type Op } from "./op.ts";
import * as pad from "./pad.ts";
import * as pool from "./pool.ts";
import * as quantise from "./quantise.ts";
import * as reduce from "./reduce.ts";
import * as resize from "./resize.ts";
import * as scatter from "./scatter.ts";
import * as slice from "./slice.ts";
import * as softmax from "./softmax.ts";
import * as sort from "./sort.ts";
import * as spaceDepth from "./space-depth.ts";

/** Operators outside the default domain have its name in front. */
const inDomain = (domain: string, records: Readonly<Record<string, Op>>): Record<string, Op> =>
  Object.fromEntries(Object.entries(records).map(([name, record]) => [`${domain}.${name}`, record]));

const table: Readonly<Record<string, Op>> = {
  ...activation,
  ...arithmetic,
  ...col2im,
  ...compare,
  ...constant,
  ...conv,
  ...einsum,
  ...gather,
  ...gridSample,
  ...identity,
  ...layout,
  ...linear,
  ...localNorm,
  ...mathematics,
  ...norm,
  ...pad,
  ...pool,
  ...quantise,
  ...reduce,
  ...resize,
  ...scatter,
  ...slice,
  ...softmax,
  ...sort,
  ...spaceDepth,
  ...inDomain("fovea", composite),
  ...inDomain("com.microsoft", { ...microsoft, ...microsoftConv, ...microsoftLinear, ...microsoftQuantised }),
};

/** The record of an operator, if there is one. */
export const recordOf = (op: string): Op | undefined => (Object.hasOwn(table, op) ? table[op] : undefined);

/** Whether a gradient flows into an operator's input `i`: not into shapes, axes, scales of a resize. Unknown operators have none. */
export function hasGradient(op: string, i: number): boolean {
  const record = recordOf(op);
  if (!record) return false;
  return isInline(record) || (record.vjp !== "zero" && record.vjp[formalAt(record, i).name] !== undefined);
}

/** Names of all operators that have a record. */
export const operators = (): string[] => Object.keys(table);
