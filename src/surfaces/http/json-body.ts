import { type Outcome, ok } from '../../kernel/errors.ts';
import { parseJson } from '../json-text.ts';

/** The value that a body holds; no body stands for the empty object. */
export const parseBody = (bytes: Buffer): Outcome<unknown> =>
  bytes.length === 0 ? ok({}) : parseJson(bytes, 'body');

/** Whether a content type, when there is one, is that of JSON. */
export const isJsonType = (contentType: string | undefined): boolean =>
  contentType === undefined ||
  contentType === 'application/json' ||
  /^application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i.test(contentType);
