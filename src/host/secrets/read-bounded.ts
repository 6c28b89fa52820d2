import { type FileHandle, open } from 'node:fs/promises';

/** More than a key or a certificate takes, and as much as an operating system takes as a variable. */
export const textBytesMax = 64 * 1024;

/** Reads a file to its end, or says that it is longer than is read. What the system throws is thrown. */
export const readBounded = async (path: string): Promise<Uint8Array | 'too long'> => {
  const file = await open(path, 'r');
  try {
    return await readOpen(file);
  } finally {
    await file.close();
  }
};

export const readOpen = async (file: FileHandle): Promise<Uint8Array | 'too long'> => {
  const bytes = new Uint8Array(textBytesMax + 1);
  for (let length = 0; ; ) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, null);
    length += bytesRead;
    if (length > textBytesMax) return 'too long';
    if (bytesRead === 0) return bytes.subarray(0, length);
  }
};

/** The text that bytes are in UTF-8; undefined when they are none that a variable can hold. */
export const textIn = (bytes: Uint8Array): string | undefined => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
};
