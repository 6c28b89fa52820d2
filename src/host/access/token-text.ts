import { hash, randomBytes } from 'node:crypto';

/** 32 bytes in base64url are 43 characters. The last two bits of the last are zero, so that no token has two spellings. */
const tokenPattern = /^sbx_([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;
const secretBytes = 32;

/** A token that nobody has seen yet. */
export const newTokenText = (): string => `sbx_${randomBytes(secretBytes).toString('base64url')}`;

/** SHA-256 of the secret's bytes in hex, by which a token is known; undefined for what is no token of ours. */
export const hashOfToken = (text: string): string | undefined => {
  const [, secret] = tokenPattern.exec(text) ?? [];
  return secret === undefined ? undefined : hash('sha256', Buffer.from(secret, 'base64url'), 'hex');
};

const bearerPattern = /^Bearer +([!-~]+) *$/i;

/** The token in a header Authorization; undefined when it holds something else. */
export const bearerIn = (authorization: string): string | undefined => bearerPattern.exec(authorization)?.[1];
