import { hash } from 'node:crypto';

/** The link before the first entry of a journal. */
export const chainStart = (journalId: string): string => hash('sha256', `signalbox journal ${journalId}`);

/** The link of an entry: SHA-256, in hexadecimal, over the link before it and the stored bytes. */
export const chainLink = (before: string, text: string): string => hash('sha256', before + text);
