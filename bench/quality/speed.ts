/** @file Steps per second of our `lucid` and of Lucent's pipeline, and of both inversions, in turns. */

import { parseAddress } from "../../src/model/address.ts";
import { invert } from "../../src/preimage/invert.ts";
import { maximize } from "../../src/preimage/maximize.ts";
import { interleave, milliseconds, ratio, type Spread, spread } from "../measure.ts";
import { ours, peerInversion } from "./invert.ts";
import type { Stepping } from "./peer.ts";
import type { Photo, Setting } from "./setting.ts";

export interface SpeedFigure {
  readonly what: string;
  readonly at: string;
  /** Steps per second. */
  readonly fovea: Spread;
  readonly peer?: Spread;
  /** Ours over the peer's, round by round. */
  readonly ratio?: Spread;
}

/** Steps in a row that make one sample, as in a picture. */
const BLOCK = 16;
const ENDLESS = 1_000_000;

export interface SpeedPart {
  /** Units of `lucid`, and the layer of the inversion. */
  readonly units: readonly string[];
  readonly layer: string;
  readonly photo: Photo;
  readonly rounds: number;
}

export async function speedPart(setting: Setting, { units, layer, photo, rounds }: SpeedPart): Promise<SpeedFigure[]> {
  const { model, size, threads, peer, signal } = setting;
  const figures: SpeedFigure[] = [];
  const steps = { steps: ENDLESS, size, seed: 1, threads };
  for (const unit of units) {
    const address = parseAddress(model, unit);
    const asked = { output: address.layer.address, channel: address.channel! };
    figures.push(
      await turns("lucid", unit, maximize(model, unit, { preset: "lucid", ...steps }), await peer?.stepping(asked)),
    );
    if (signal.aborted) return figures;
  }
  const how = { ...peerInversion, output: layer, seed: 1 };
  for (const preset of ours) {
    if (signal.aborted) return figures;
    const stepping = await peer?.stepping({ photo: photo.image, how });
    figures.push(
      await turns(`${preset}, inversion`, layer, invert(model, photo.image, layer, { preset, ...steps }), stepping),
    );
  }
  return figures;

  async function turns(
    what: string,
    at: string,
    run: AsyncGenerator<unknown, unknown>,
    theirs: Stepping | undefined,
  ): Promise<SpeedFigure> {
    const block = async (): Promise<number> => {
      let sum = 0;
      for (let i = 0; i < BLOCK; i++) sum += await milliseconds(() => run.next());
      return sum / BLOCK;
    };
    const t = await interleave(
      { fovea: block, ...(theirs && { peer: () => theirs(BLOCK) }) },
      { rounds, warmUp: rounds > 3 ? 2 : 1 },
    );
    await run.return(undefined);
    const rate = (times: readonly number[]): Spread => spread(times.map((ms) => 1000 / ms));
    return {
      what,
      at,
      fovea: rate(t.fovea),
      ...(t.peer && { peer: rate(t.peer), ratio: ratio(t.peer, t.fovea) }),
    };
  }
}
