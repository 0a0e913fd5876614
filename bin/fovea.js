#!/usr/bin/env node
// Runs the command line from TypeScript source in a checkout; the published package starts at cli/main.js directly.
import { register } from "tsx/esm/api";

register();
await import("../cli/main.ts");
