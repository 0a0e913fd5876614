/** @file The page in docs/ that the benchmark writes: what was compared, the tables, the pictures, the command. */

import { codeWeight } from "./invert.ts";
import { asMarkdown, type Table } from "./table.ts";

export interface Page {
  readonly command: string;
  /** Engine, peer, machine and settings, a line each. */
  readonly facts: readonly string[];
  readonly tables: readonly Table[];
  /** Path from the page, and what the pictures show. */
  readonly sheets: readonly { readonly path: string; readonly about: string }[];
}

export const page = ({ command, facts, tables, sheets }: Page): string => `# How good the pictures are

Our presets beside PyTorch, on one net, with the same units, steps, sizes and numbers of seeds. This page is written by

\`\`\`
${command}
\`\`\`

${facts.map((fact) => `- ${fact}`).join("\n")}

What is compared:

- **ours, lucid**: the preset \`lucid\` of \`fovea maximize\`.
- **Lucent's pipeline**: the same constants in PyTorch (\`bench/peers/torch_lucid.py\`): Fourier coefficients with decorrelated
  colours and a sigmoid; pad 12 of grey, jitter 8, scale 0.9 to 1.1, rotate −10° to 10°, jitter 4; Adam at 0.05. What the
  net sees is cropped to the picture's size, as ours is. As Lucent's hooks do, the whole net runs forward.
- **no regularisation**: pixels from noise, stepped by Adam and kept within the colours that can be shown, and nothing else.
- **ours, natural**: the preset \`natural\` of \`fovea invert\` (Mahendran & Vedaldi 2016). C is ${codeWeight} here and in the
  others, the largest of the paper's.
- **ours, faithful**: the preset \`faithful\` of \`fovea invert\`: code and total variation alone, as the peer; a Laplacian pyramid,
  stepped by L-BFGS. \`natural\` also pulls colours to the net's mean, as its paper does, which costs shallow layers their error. The
  pyramid, L-BFGS and C of \`faithful\` were chosen among some fifteen settings on one to three test photos of flowers18 with this
  net, which may be among those below; the rate of the peer was not tuned.
- **PyTorch, as many steps / as much time**: Adam on pixels (\`bench/peers/torch_quality.py\`), from the same kind of noise, for the
  same sum of code and total variation, the net cut behind the layer. Time is that of the steps of
  the slower of our two pictures.

Every picture is measured by the same programs, on the plain picture without transforms. Whether a difference is noise is decided
by one rule, set before this run: differences are paired, by unit and seed or by photo, and noise is what has 0
within the 95 % interval of their mean (Student's t). "No worse" and "the same within noise" are missed where all of the interval
is on the wrong side, "lower" is met where all of it is below 0.

${tables.map(asMarkdown).join("\n\n")}
${sheets.length > 0 ? `\n## Pictures\n\n${sheets.map(({ path, about }) => `![${about}](${path})\n\n*${about}*`).join("\n\n")}\n` : ""}`;
