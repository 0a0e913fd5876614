/** @file Starts the headless Chromium that comes in an npm package, out of a temporary folder that goes with it. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

export interface Running {
  readonly browser: Browser;
  /** Ends the browser and removes its folder. */
  readonly close: () => Promise<void>;
}

/*
 * The package unpacks the browser, its fonts, SwiftShader and, where it believes itself in a serverless host, the shared
 * libraries that a bare system lacks, all into the system's temporary folder. The two variables move that folder and ask
 * for the libraries; they are only read while unpacking, and put back after.
 */
export async function startChromium(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "fovea-chromium-"));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const executablePath = await withVariables(
      { TMPDIR: folder, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" },
      async () => (await import("@sparticuz/chromium")).default.executablePath(),
    );
    const libraries = [join(folder, "al2023", "lib"), process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
    const browser = await chromium.launch({
      executablePath,
      timeout: 30_000,
      env: { ...process.env, TMPDIR: folder, LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: join(folder, "fonts") },
      // No sandbox, as CI runs as root. SwiftShader is a Vulkan driver in software.
      args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    });
    return {
      browser,
      close: async () => {
        await browser.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Runs `job` with environment variables set, and restores all of the environment after it. */
async function withVariables<T>(variables: Readonly<Record<string, string>>, job: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await job();
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
