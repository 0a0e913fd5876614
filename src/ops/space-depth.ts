/** @file Moves between channels and blocks of space. */

import { int, op, string } from "./op.ts";

export const DepthToSpace = op({
  inputs: ["input"],
  attributes: { blocksize: int(1), mode: string("DCR") },
  // DCR: channel = (dy b + dx) C' + c; CRD: channel = (c b + dy) b + dx
  inline: (g, { input }, { blocksize: b, mode }, { fail }) => {
    const [n, c, h, w] = input.shape as readonly [number, number, number, number];
    if (input.shape.length !== 4 || c % (b * b) !== 0)
      fail(`the channels of [${input.shape}] do not split into blocks of ${b} × ${b}`);
    const rest = c / (b * b);
    const split =
      mode === "CRD"
        ? g.transpose(g.reshape(input, [n, rest, b, b, h, w]), [0, 1, 4, 2, 5, 3])
        : g.transpose(g.reshape(input, [n, b, b, rest, h, w]), [0, 3, 4, 1, 5, 2]);
    return [g.reshape(split, [n, rest, h * b, w * b])];
  },
});

export const SpaceToDepth = op({
  inputs: ["input"],
  attributes: { blocksize: int(1) },
  inline: (g, { input }, { blocksize: b }, { fail }) => {
    const [n, c, h, w] = input.shape as readonly [number, number, number, number];
    if (input.shape.length !== 4 || h % b !== 0 || w % b !== 0)
      fail(`the image axes of [${input.shape}] do not split into blocks of ${b} × ${b}`);
    const split = g.transpose(g.reshape(input, [n, c, h / b, b, w / b, b]), [0, 3, 5, 1, 2, 4]);
    return [g.reshape(split, [n, c * b * b, h / b, w / b])];
  },
});
