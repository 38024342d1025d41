// The digest of a file, computed in the browser: the file itself goes nowhere.
// WebCrypto takes a file as a whole, so that the file must fit into memory; hence the limit.
export const MAX_BYTES = 256 * 1024 * 1024;

export const isAvailable = () => Boolean(globalThis.crypto?.subtle);

export async function sha256InBase64(file) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return btoa(String.fromCharCode(...digest));
}
