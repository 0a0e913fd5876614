/** @file Picks the backend for a device name: the best one that really runs a small probe, and says why others do not. */

import { host } from "#runtime-host";
import { gradient } from "../autodiff/gradient.ts";
import { InputError } from "../error.ts";
import { builderOf } from "../ops/builder.ts";
import { serialise } from "../ops/serialise.ts";
import type { Backend, Device, DeviceName, OrtModule } from "./backend.ts";
import { matMulRate } from "./rate.ts";

export interface Choice {
  readonly backend: Backend;
  readonly ort: OrtModule;
  /** `onnxruntime-node` or `onnxruntime-web`, with the device. */
  readonly provider: string;
}

/** One line of `fovea doctor`: a backend, and what happened when it was tried. */
export interface Finding {
  readonly device: DeviceName;
  readonly package: string;
  readonly works: boolean;
  /** Why not, in words. */
  readonly reason?: string;
  /** Floating-point operations a second in matrix products. */
  readonly rate?: number;
}

const tried = new Map<Backend, Promise<Choice>>();
const rates = new Map<Backend, Promise<number>>();

/**
 * Resolves a device name. `auto` is the first backend that works; where that is a graphics processor, the faster of it and
 * the first that is none (a processor that is only emulated works, too). Throws `InputError` with the reasons when nothing
 * can work here.
 */
export async function chooseBackend(device: Device): Promise<Choice> {
  const candidates = host.backends.filter((b) => device === "auto" || b.device === device);
  if (candidates.length === 0)
    throw new InputError(`device '${device}' is not one of ${host.backends.map((b) => b.device).join(", ")}, auto`);
  const reasons: string[] = [];
  let accelerated: Choice | undefined;
  for (const backend of candidates) {
    if (accelerated && isAccelerator(backend)) continue;
    try {
      const choice = await probeOnce(backend);
      if (device === "auto" && isAccelerator(backend)) accelerated = choice;
      else return accelerated ? await faster(accelerated, choice) : choice;
    } catch (error) {
      reasons.push(`${backend.device}: ${reasonOf(error)}`);
    }
  }
  if (accelerated) return accelerated;
  throw new InputError(`no device could be used (${reasons.join("; ")}); 'fovea doctor' shows what each one needs`);
}

const isAccelerator = ({ device }: Backend): boolean => device === "cuda" || device === "webgpu";

const faster = async (a: Choice, b: Choice): Promise<Choice> => ((await rateOf(a)) >= (await rateOf(b)) ? a : b);

function rateOf({ backend, ort }: Choice): Promise<number> {
  let rate = rates.get(backend);
  if (!rate) {
    rate = matMulRate(backend, ort, host.threads);
    rates.set(backend, rate);
  }
  return rate;
}

/** Tries every backend of this host, and measures those that work. */
export async function findings(): Promise<Finding[]> {
  const out: Finding[] = [];
  for (const backend of host.backends) {
    const common = { device: backend.device, package: backend.package };
    try {
      out.push({ ...common, works: true, rate: await rateOf(await probeOnce(backend)) });
    } catch (error) {
      out.push({ ...common, works: false, reason: reasonOf(error) });
    }
  }
  return out;
}

const reasonOf = (error: unknown): string => {
  const text = String(error instanceof Error ? error.message : error).split("\n")[0]!;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
};

function probeOnce(backend: Backend): Promise<Choice> {
  let choice = tried.get(backend);
  if (!choice) {
    choice = probe(backend);
    tried.set(backend, choice);
  }
  return choice;
}

/** Runs the gradient of Σ relu(conv(x, w))² on a known image and compares with the exact answer. */
async function probe(backend: Backend): Promise<Choice> {
  const obstacle = backend.obstacle();
  if (obstacle) throw new Error(obstacle);
  const ort = await backend.load();
  const g = builderOf();
  const x = g.input("x", "float32", [1, 1, 3, 3]);
  const w = g.numbers([1, 0, 0, -1], [1, 1, 2, 2], "float32");
  const [dx] = gradient(g, g.sum(g.square(g.op("Relu", [g.op("Conv", [x, w])]))), [x]);
  g.output(dx!, "dx");
  const session = await ort.InferenceSession.create(serialise(g.graph), backend.sessionOptions(1));
  try {
    const image = new ort.Tensor("float32", Float32Array.of(9, 2, 3, 4, 5, 6, 7, 8, 0), [1, 1, 3, 3]);
    const { dx: got } = await session.run({ x: image });
    const values = Array.from((await got!.getData()) as Float32Array);
    // Differences along the diagonal are 9−5, 2−6, 4−8, 5−0; the positive ones are 4 and 5.
    const expected = [8, 0, 0, 0, 2, 0, 0, 0, -10];
    if (values.some((v, i) => Math.abs(v - expected[i]!) > 1e-3)) throw new Error("the probe came out wrong");
  } finally {
    await session.release();
  }
  return { backend, ort, provider: backend.package };
}
