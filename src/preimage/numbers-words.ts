/** @file The numbers of a picture in words, for a line and for a list. */

import type { AmongPhotos, PictureNumbers, ReachedNumber } from "./numbers.ts";
import type { NetAnswers } from "./numbers-classes.ts";

/** Three digits. */
const short = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(3))) : "–");

/** `0.93`, `> 0.99`, `0.0012`: a probability. */
const part = (p: number): string => (p > 0.999 && p < 1 ? "> 0.999" : short(p));

/** By name, for a list beside the picture. */
export function numberRows(numbers: PictureNumbers): Record<string, string> {
  const { reached, classes, inversion, restarts, spectrumSlope, totalVariation, path } = numbers;
  const rows: Record<string, string> = {};
  if (reached) {
    const { plain, transformed, photos } = reached;
    rows.activation = among(plain);
    if (transformed)
      rows["under its transforms"] =
        `${among(transformed)}, deviation ${short(transformed.sd)} over ${transformed.draws}`;
    if (photos)
      rows["photos reach"] =
        `${short(photos.mean)} in the mean, ${short(photos.median)} in the middle, ${short(photos.max)} at most (${photos.n} photos)`;
  }
  if (classes) {
    Object.assign(rows, netRows(classes.net, "the net"));
    if (classes.judge) Object.assign(rows, netRows(classes.judge, `the judge ${classes.judge.net}`));
  }
  if (inversion) {
    const { error, psnr, ssim, kept } = inversion;
    if (error) rows["error (IJCV 2016)"] = short(error.ijcv);
    if (error?.cvpr !== undefined) rows["error (CVPR 2015)"] = short(error.cvpr);
    rows.PSNR = `${short(psnr)} dB`;
    rows.SSIM = short(ssim);
    rows.colour = `hues ${short(kept.colour.hueError)}° off in place, ${short(kept.shiftedColour.hueError)}° under the best shift; chroma × ${short(kept.colour.chromaRatio)}, ${short(100 * kept.colour.palette)} % of the palette`;
    rows.position = `best shift ${kept.position.shift.map((x) => short(x)).join(", ")} pixels down and right: correlation ${short(kept.position.peak)}, ${short(kept.position.inPlace)} in place`;
    rows.texture = `spectrum ${short(kept.texture.distance)} dB off`;
  }
  if (restarts) {
    rows["spread of restarts"] = `${short(restarts.pixels)} a pixel over ${restarts.n}`;
    if (restarts.activation)
      rows["activations of restarts"] =
        `${short(restarts.activation.smallest)} … ${short(restarts.activation.largest)}, deviation ${short(restarts.activation.sd)}`;
  }
  rows["slope of the spectrum"] = looks(spectrumSlope, "about −2 for photos");
  rows["total variation"] = looks(totalVariation);
  for (const { address, spearman } of path ?? [])
    rows[`path at ${address}`] =
      `${short(spearman.similarity)} (other classes ${short(spearman.floor)}, its own ${short(spearman.ceiling)})`;
  return rows;
}

const among = ({ activation, percentile, ratio }: ReachedNumber): string =>
  percentile === undefined
    ? short(activation)
    : `${short(activation)}: above ${short(percentile)} % of the photos${ratio !== undefined && Number.isFinite(ratio) ? `, ${short(ratio)} × the largest` : ""}`;

const looks = ({ value, photos }: AmongPhotos, hint?: string): string =>
  photos
    ? `${short(value)}: photos have ${short(photos.mean)}; above ${short(photos.percentile)} % of them`
    : `${short(value)}${hint ? ` (${hint})` : ""}`;

function netRows({ top, target, photo }: NetAnswers, who: string): Record<string, string> {
  const list = (answers: NetAnswers["top"]): string =>
    answers
      .slice(0, 3)
      .map(({ label, probability }) => `${label} ${part(probability)}`)
      .join(", ");
  return {
    ...(target && {
      [`${target.label}, says ${who}`]: `probability ${part(target.probability)}, rank ${target.rank}`,
    }),
    [`${who} sees`]: list(top),
    ...(photo && {
      [`${who} saw in the photo`]: `${list(photo.top)}; ${photo.agrees ? "the same" : "another"} first answer`,
    }),
  };
}

/** The main ones in a line: class probabilities, errors, where among photos. */
export function numberLine({ reached, classes, inversion, restarts, spectrumSlope }: PictureNumbers): string {
  const parts: string[] = [];
  const plain = reached?.plain;
  if (plain?.percentile !== undefined)
    parts.push(
      `more active than ${short(plain.percentile)} % of ${reached?.photos?.n} photos${Number.isFinite(plain.ratio) ? `, ${short(plain.ratio!)} × their largest` : ""}`,
    );
  if (inversion)
    parts.push(
      `error ${short(inversion.error?.ijcv ?? Number.NaN)}, PSNR ${short(inversion.psnr)} dB, SSIM ${short(inversion.ssim)}`,
    );
  for (const said of classes ? [classes.net, ...(classes.judge ? [classes.judge] : [])] : []) {
    const { target, photo, top } = said;
    if (target) parts.push(`${target.label} ${part(target.probability)} on ${said.net}`);
    else if (photo)
      parts.push(
        `${photo.agrees ? "still" : "no longer"} ${photo.top[0]!.label} to ${said.net} (${part(photo.probability)})`,
      );
    else if (top[0] && said === classes?.net)
      parts.push(`${said.net} sees ${top[0].label} (${part(top[0].probability)})`);
  }
  if (restarts) parts.push(`restarts differ by ${short(restarts.pixels)} a pixel`);
  parts.push(`spectrum slope ${short(spectrumSlope.value)}`);
  return parts.join("; ");
}
