/** @file The image codec in a browser: createImageBitmap and OffscreenCanvas, in the page or in a worker. */

import { type ImageCodec, targetSize, undecodable } from "./codec.ts";
import { fromBytes8, imageDims, toBytes8 } from "./image.ts";
import { withPngText } from "./png-text.ts";

function canvas(width: number, height: number) {
  const surface = new OffscreenCanvas(width, height);
  const context = surface.getContext("2d", { colorSpace: "srgb", willReadFrequently: true });
  if (!context) throw new Error("internal: image: this browser has no 2D canvas");
  return { surface, context };
}

/** Animated pictures decode to their first frame; the browser does not tell, so `notes` does not either. */
export const decodeImage: ImageCodec["decodeImage"] = async (bytes, options = {}) => {
  const bitmap = await createImageBitmap(new Blob([bytes.slice()])).catch(() => {
    throw undecodable("this browser refuses the file");
  });
  try {
    const size = [bitmap.height, bitmap.width] as const;
    const { height, width, notes } = targetSize(size, options);
    const { context } = canvas(width, height);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    return { image: fromBytes8(data, { height, width, stride: 4, channels: 3 }), size, notes };
  } finally {
    bitmap.close();
  }
};

export const encodePng: ImageCodec["encodePng"] = async (image, { text = {} } = {}) => {
  const [c, height, width] = imageDims(image);
  const bytes = toBytes8(image);
  const pixels = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let p = 0; p < height * width; p++) {
    for (let k = 0; k < 3; k++) pixels[4 * p + k] = bytes[p * c + (c < 3 ? 0 : k)]!;
    if (c % 2 === 0) pixels[4 * p + 3] = bytes[p * c + c - 1]!;
  }
  const { surface, context } = canvas(width, height);
  context.putImageData(new ImageData(pixels, width, height), 0, 0);
  const blob = await surface.convertToBlob({ type: "image/png" });
  return withPngText(new Uint8Array(await blob.arrayBuffer()), text);
};
