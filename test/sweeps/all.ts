/** @file All sweeps, one file a family. */

import { sweeps as activation } from "./activation.ts";
import { sweeps as arithmetic } from "./arithmetic.ts";
import { sweeps as col2im } from "./col2im.ts";
import { sweeps as compare } from "./compare.ts";
import { sweeps as composite } from "./composite.ts";
import { sweeps as constant } from "./constant.ts";
import { sweeps as conv } from "./conv.ts";
import { sweeps as einsum } from "./einsum.ts";
import { sweeps as gather } from "./gather.ts";
import { sweeps as identity } from "./identity.ts";
import { sweeps as layout } from "./layout.ts";
import { sweeps as linear } from "./linear.ts";
import { sweeps as mathematics } from "./mathematics.ts";
import { sweeps as microsoftConv } from "./microsoft-conv.ts";
import { sweeps as norm } from "./norm.ts";
import { sweeps as pad } from "./pad.ts";
import { sweeps as pool } from "./pool.ts";
import { sweeps as quantise } from "./quantise.ts";
import { sweeps as reduce } from "./reduce.ts";
import { sweeps as resize } from "./resize.ts";
import { sweeps as scatter } from "./scatter.ts";
import { sweeps as slice } from "./slice.ts";
import { sweeps as softmax } from "./softmax.ts";
import { sweeps as sort } from "./sort.ts";
import type { Sweep } from "./sweep.ts";

export const sweeps: readonly Sweep[] = [
  ...activation,
  ...arithmetic,
  ...col2im,
  ...compare,
  ...composite,
  ...constant,
  ...conv,
  ...einsum,
  ...gather,
  ...identity,
  ...layout,
  ...linear,
  ...mathematics,
  ...microsoftConv,
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
];
