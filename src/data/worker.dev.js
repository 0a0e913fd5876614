// Runs a loader's worker from TypeScript source in a checkout; the published package starts worker.node.js directly.
import { register } from "tsx/esm/api";

register();
await import("./worker.node.ts");
