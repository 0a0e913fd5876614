/** @file The public API of fovea in Node: all of it, and files. */

export * from "./index.ts";
export { loadModel } from "./model/load.node.ts";
