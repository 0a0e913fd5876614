/** @file The public API of fovea in Node: all of it, and files. */

export { type Loader, type LoaderOptions, openLoader } from "./data/loader.node.ts";
export { openDataset } from "./data/open.node.ts";
export * from "./index.ts";
export { loadModel } from "./model/load.node.ts";
export { type ShippedNet, shippedModel, shippedNets } from "./model/shipped.node.ts";
export { shippedJudge } from "./preimage/numbers-judge.node.ts";
export { openPhotos, photosOf } from "./preimage/photos.node.ts";
export { pictureUri, type SheetCell, sheetPng } from "./report/sheet-picture.node.ts";
export { readCheckpoint, writeCheckpoint } from "./training/checkpoint.node.ts";
