/** @file Pictures inside a page. */

/** A PNG's bytes as a data URI, in Node and in browsers. */
export function pngUri(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return `data:image/png;base64,${btoa(text)}`;
}

/** The bytes of such a PNG. */
export const uriBytes = (uri: string): Uint8Array =>
  Uint8Array.from(atob(uri.slice(uri.indexOf(",") + 1)), (c) => c.charCodeAt(0));
