/** @file Public data sets: where their authors keep them, and how to know that a file arrived whole. */

export interface RemoteFile {
  /** Tried in order: the authors' own first. */
  readonly urls: readonly string[];
  /** Under which it is kept. */
  readonly name: string;
  /** In hexadecimal, as published beside the file or in use by torchvision. */
  readonly md5?: string;
  readonly sha256?: string;
  /** Size; with neither checksum it is the only check. */
  readonly bytes?: number;
  /** A tar archive whose files are put beside it. */
  readonly unpack?: true;
}

export interface PublicDataset {
  readonly title: string;
  /** Page that describes it, with what its authors ask of users. */
  readonly home: string;
  /** About how much is downloaded, in bytes. */
  readonly download: number;
  readonly files: readonly RemoteFile[];
}

const oxford = "https://www.robots.ox.ac.uk/~vgg/data/flowers";
const toronto = "https://www.cs.toronto.edu/~kriz";

/** The four idx files with their MD5 sums, at any of the places. */
const idx = (places: readonly string[], sums: readonly [string, string, string, string]): RemoteFile[] =>
  ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map((stem, i) => ({
    urls: places.map((place) => `${place}/${stem}-ubyte.gz`),
    name: `${stem}-ubyte.gz`,
    md5: sums[i]!,
  }));

export const publicDatasets = {
  flowers102: {
    title: "Oxford Flowers-102: 8,189 photos of 102 flowers",
    home: `${oxford}/102/`,
    download: 345e6,
    files: [
      { urls: [`${oxford}/102/imagelabels.mat`], name: "imagelabels.mat", md5: "e0620be6f572b9609742df49c70aed4d" },
      { urls: [`${oxford}/102/setid.mat`], name: "setid.mat", md5: "a5357ecc9cb78c4bef273ce3793fc85c" },
      {
        urls: [`${oxford}/102/102flowers.tgz`],
        name: "102flowers.tgz",
        md5: "52808999861908f626f3c1f4e79d11fa",
        unpack: true,
      },
    ],
  },
  flowers17: {
    title: "Oxford Flowers-17: 1,360 photos of 17 flowers",
    home: `${oxford}/17/`,
    download: 60e6,
    files: [
      { urls: [`${oxford}/17/datasplits.mat`], name: "datasplits.mat", md5: "4828cddfd0d803c5abbdebcb1e148a1e" },
      {
        urls: [`${oxford}/17/17flowers.tgz`],
        name: "17flowers.tgz",
        md5: "b59a65d8d1a99cd66944d474e1289eab",
        unpack: true,
      },
    ],
  },
  mnist: {
    title: "MNIST: 70,000 handwritten digits, 28 × 28, grey",
    home: "http://yann.lecun.com/exdb/mnist/",
    download: 11.6e6,
    files: idx(
      ["http://yann.lecun.com/exdb/mnist", "https://ossci-datasets.s3.amazonaws.com/mnist"],
      [
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
      ],
    ),
  },
  "fashion-mnist": {
    title: "Fashion-MNIST: 70,000 articles of clothing, 28 × 28, grey",
    home: "https://github.com/zalandoresearch/fashion-mnist",
    download: 30.9e6,
    files: idx(
      ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"],
      [
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
      ],
    ),
  },
  cifar10: {
    title: "CIFAR-10: 60,000 photos of 10 classes, 32 × 32",
    home: `${toronto}/cifar.html`,
    download: 170_052_171,
    files: [
      {
        urls: [`${toronto}/cifar-10-binary.tar.gz`],
        name: "cifar-10-binary.tar.gz",
        md5: "c32a1d4ab5d03f1284b67883e8d87530",
        bytes: 170_052_171,
        unpack: true,
      },
    ],
  },
  cifar100: {
    title: "CIFAR-100: 60,000 photos of 100 classes, 32 × 32",
    home: `${toronto}/cifar.html`,
    download: 168_513_733,
    files: [
      {
        urls: [`${toronto}/cifar-100-binary.tar.gz`],
        name: "cifar-100-binary.tar.gz",
        md5: "03b5dce01913d631647c71ecec9e9cb8",
        bytes: 168_513_733,
        unpack: true,
      },
    ],
  },
} as const satisfies Record<string, PublicDataset>;

export type PublicName = keyof typeof publicDatasets;
