/** @file What the study consists of: nets, trainings, attacks, and in which order they run. */

export type Training = "standard" | "adversarial";

/** A net of a table. */
export interface NetPlan {
  readonly net: string;
  /** As for `fovea train --width`; the net's own by default. */
  readonly width?: number;
}

/** A measurement of a trained net: flags of `fovea attack`. */
export interface Measurement {
  readonly name: string;
  readonly flags: Readonly<Record<string, string | number | true>>;
  /** Left out for all seeds but the first, and made when the others are. */
  readonly once?: boolean;
  /** Made at the very end, seed by seed: costly, and it can only lower numbers that are known. */
  readonly late?: boolean;
  /** Of nets of this training alone, and of these. */
  readonly training?: Training;
  readonly nets?: readonly string[];
}

export interface TablePlan {
  readonly title: string;
  /** Channels, height and width of the pictures, and their classes. */
  readonly picture: readonly [channels: number, height: number, width: number];
  readonly classes: number;
  /** The first is what the others are compared with. */
  readonly nets: readonly NetPlan[];
  readonly seeds: readonly number[];
  /** Flags of `fovea train` for all nets, and those of adversarial training. */
  readonly train: Readonly<Record<string, string | number>>;
  readonly adversarial: Readonly<Record<string, string | number>>;
  /** Pictures that are attacked come from here. */
  readonly split: string;
  readonly measurements: readonly Measurement[];
}

const linf = (epsilons: string) => ({ suite: "curve", attack: "apgd-ce", steps: 30, norm: "linf", epsilons });
/** Smallest changes of the kinds that the top-down paper measures, as accuracies over their size. */
const corruptions = {
  suite: "curve",
  attack: "gaussian-noise,uniform-noise,salt-and-pepper,blur,contrast",
  norm: "l2",
  restarts: 2,
};

/** The checklist, on a suite of an attack with and one without gradients. */
const checks = { attack: "pgd,square", queries: 1000, norm: "linf", checks: true } as const;

/**
 * The standard cascade at a budget that nets of a training mostly have something left at: with fewer iterations, targets and
 * queries for every net, and as published for those where that can be afforded. What the second leaves of the first's accuracy
 * says what the first overlooks.
 */
const cascades = (training: Training, eps: string, nets: readonly string[] = []): Measurement[] => {
  const flags = { suite: "standard", norm: "linf", eps, limit: 500, "no-checks": true } as const;
  return [
    { name: `cascade-${plain(eps)}`, training, flags: { ...flags, steps: 40, targets: 3, queries: 500 } },
    ...(nets.length > 0 ? [{ name: `suite-${plain(eps)}`, training, nets, late: true, flags }] : []),
  ];
};

/** Nets that the published budgets take minutes for; for the two widest at full resolution it would be 45 a seed. */
const cheap = [
  "bottomup-lenetfc",
  "topdown-lenetfc",
  "matched-params-lenetfc",
  "matched-macs-lenetfc",
  "blurred-lenetfc",
];

/** Changes of few pixels, which the top-down paper measures too: whether any single pixel fools, and how few numbers do. */
const sparse = {
  single: { name: "single-pixel", once: true, flags: { attack: "single-pixel", norm: "linf", eps: 1, limit: 100 } },
  pointwise: {
    name: "pointwise",
    once: true,
    flags: { suite: "curve", attack: "pointwise", norm: "l2", epsilons: "1,2,3,4,6", queries: 2000, limit: 50 },
  },
} as const;

const plain = (eps: string): string => eps.replace("/", "of");

const grey = {
  picture: [1, 28, 28],
  classes: 10,
  train: { size: 28, augment: "none", optimiser: "sgd", lr: 0.1, batch: 128, "weight-decay": 0, momentum: 0.9 },
  adversarial: { adversarial: "fgsm", norm: "linf", eps: 0.1 },
  split: "test",
} as const;

/** The cheap and decisive measurements come first. */
export const tables = {
  fashion: {
    ...grey,
    title: "Fashion-MNIST, LeNetFC",
    nets: [
      { net: "bottomup-lenetfc" },
      { net: "topdown-lenetfc" },
      { net: "matched-params-lenetfc" },
      { net: "matched-macs-lenetfc" },
      { net: "blurred-lenetfc" },
      { net: "topdown-lenetfc-uni" },
      { net: "topdown-lenetfc-rev" },
    ],
    seeds: [0, 1, 2],
    train: { ...grey.train, epochs: 2 },
    measurements: [
      { name: "curve", flags: { ...linf("0.01,0.02,0.03,0.05,0.1,0.2"), limit: 500 } },
      { name: "spatial", flags: { attack: "spatial", norm: "linf", limit: 500 } },
      { name: "corruptions", flags: { ...corruptions, epsilons: "0.5,1,2,4,8", limit: 500 } },
      ...cascades("standard", "0.03", cheap),
      ...cascades("adversarial", "0.1", cheap),
      sparse.single,
      sparse.pointwise,
      {
        name: "checks",
        once: true,
        flags: { ...checks, eps: 0.1, limit: 100, draws: 1000 },
      },
    ],
  },
  nin: {
    ...grey,
    title: "Fashion-MNIST, NIN-light of a third of its width",
    nets: [
      { net: "bottomup-nin-light", width: 16 },
      { net: "topdown-nin-light", width: 16 },
      { net: "matched-macs-nin-light", width: 16 },
    ],
    seeds: [0],
    train: { ...grey.train, epochs: 2 },
    measurements: [
      { name: "curve", flags: { ...linf("0.01,0.02,0.03,0.05,0.1,0.2"), limit: 500 } },
      ...cascades("standard", "0.03"),
      ...cascades("adversarial", "0.1"),
      { name: "corruptions", flags: { ...corruptions, epsilons: "0.5,1,2,4,8", limit: 200 } },
      { name: "spatial", flags: { attack: "spatial", norm: "linf", limit: 200 } },
    ],
  },
  flowers102: {
    title: "Flowers-102 at 64 pixels, ResNet-18",
    picture: [3, 64, 64],
    classes: 102,
    nets: [
      { net: "bottomup-resnet18", width: 16 },
      { net: "topdown-resnet18", width: 14 },
    ],
    seeds: [0],
    // The official split trains on 1,020 pictures; its test pictures are six times as many, and train here instead.
    train: {
      "train-split": "test",
      size: 64,
      epochs: 12,
      batch: 32,
      optimiser: "sgd",
      lr: 0.05,
      "weight-decay": 0.0005,
      augment: "light",
      "label-smoothing": 0.1,
    },
    adversarial: { adversarial: "fgsm", norm: "linf", eps: "4/255" },
    split: "train",
    measurements: [
      { name: "curve", flags: { ...linf("0.5/255,1/255,2/255,4/255,8/255"), limit: 500 } },
      ...cascades("standard", "1/255"),
      ...cascades("adversarial", "4/255"),
      { name: "corruptions", flags: { ...corruptions, epsilons: "1,2,4,8,16", limit: 200 } },
      { name: "spatial", flags: { attack: "spatial", norm: "linf", limit: 200 } },
      {
        name: "checks",
        once: true,
        flags: { ...checks, eps: "4/255", limit: 64, draws: 200 },
      },
    ],
  },
} as const satisfies Readonly<Record<string, TablePlan>>;

export type TableName = keyof typeof tables;

/** Something to run: a training, or a measurement of what it left. */
export interface Job {
  /** Names its files. */
  readonly run: string;
  readonly net: NetPlan;
  readonly training: Training;
  readonly seed: number;
  /** Absent for the training itself. */
  readonly measurement?: Measurement;
}

export const runName = ({ net, width }: NetPlan, training: Training, seed: number): string =>
  `${net}${width === undefined ? "" : `-${width}`}-${training}-s${seed}`;

/**
 * All jobs of a table: seed by seed, then what is measured once, then what is costly. For a seed all nets are trained and then
 * measured one kind of measurement after the other, so that whenever the study is stopped, what is there can be compared.
 */
export function jobsOf({ nets, seeds, measurements }: TablePlan): Job[] {
  const trained = (seed: number): Job[] =>
    (["standard", "adversarial"] as const).flatMap((training) =>
      nets.map((net) => ({ run: runName(net, training, seed), net, training, seed })),
    );
  const measured = (seed: number, chosen: (m: Measurement) => boolean | undefined): Job[] =>
    measurements.filter(chosen).flatMap((measurement) =>
      trained(seed)
        .filter(({ training }) => (measurement.training ?? training) === training)
        .filter(({ net }) => measurement.nets?.includes(net.net) ?? true)
        .map((job) => ({ ...job, measurement })),
    );
  return [
    ...seeds.flatMap((seed) => [...trained(seed), ...measured(seed, ({ once, late }) => !once && !late)]),
    ...seeds.slice(0, 1).flatMap((seed) => measured(seed, ({ once }) => once)),
    ...seeds.flatMap((seed) => measured(seed, ({ late }) => late)),
  ];
}
