/** @file The public API of fovea in Node: all of it, and files. */

export { type Loader, type LoaderOptions, openLoader } from "./data/loader.node.ts";
export { openDataset } from "./data/open.node.ts";
export * from "./index.ts";
export { loadModel } from "./model/load.node.ts";
export { type ShippedNet, shippedModel, shippedNets } from "./model/shipped.node.ts";
export { readCheckpoint, writeCheckpoint } from "./training/checkpoint.node.ts";
