import { type KeyObject, createPublicKey, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { present } from '../../kernel/assert.ts';
import { workspaceNameSchema } from '../../areas/workspaces/model.ts';
import { hubName } from '../../areas/workspaces/names.ts';

const digest = /^[0-9a-f]{64}$/;
const keyPattern = /^ed25519:[A-Za-z0-9_-]{43}$/;
const signaturePattern = /^[A-Za-z0-9_-]{86}$/;
const idPattern = /^[A-Za-z0-9-]{1,100}$/;

const statement = {
  /** Version of this format. */
  signalbox_checkpoint: z.literal(1),
  /** The journal's id, and how often it was restored from a backup before. */
  journal: z.string().regex(idPattern),
  generation: z.int().min(0),
  /** What the workspace was called then; `hub`, as no workspace is called, when it is the hub's own journal. */
  workspace: workspaceNameSchema,
  /** The last entry, and the link of the hash chain there. */
  seq: z.int().min(0),
  chain: z.string().regex(digest),
  /** When it was signed, by this machine's clock. */
  time: z.iso.datetime(),
  public_key: z.string().regex(keyPattern),
};

/** What a checkpoint says. */
const statementSchema = z.strictObject(statement);

export type Statement = z.infer<typeof statementSchema>;

export const checkpointSchema = z.strictObject({
  ...statement,
  signature: z.string().regex(signaturePattern),
});

export type Checkpoint = z.infer<typeof checkpointSchema>;

/** Whether it is of the hub's own journal. */
export const isOfHub = ({ workspace }: Pick<Statement, 'workspace'>): boolean => workspace === hubName;

/**
 * What is signed (Ed25519, RFC 8032): a line that nothing else is signed with, and the statement as JSON without spaces,
 * its members in this order. The signature is in base64url.
 */
const signedBytes = (said: Statement): Buffer => {
  const { signalbox_checkpoint, journal, generation, workspace, seq, chain, time, public_key } = said;
  const ordered = { signalbox_checkpoint, journal, generation, workspace, seq, chain, time, public_key };
  return Buffer.from(`signalbox checkpoint\n${JSON.stringify(ordered)}`);
};

/** `ed25519:` and the 32 bytes of the public key in base64url. */
export const publicKeyOf = (key: KeyObject): string => {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return `ed25519:${present(x, 'a key of this kind has an x')}`;
};

export const isPublicKey = (text: string): boolean => keyPattern.test(text);

/** The last character of a key has bits to spare. */
export const sameKey = (one: string, other: string): boolean => bytesIn(one).equals(bytesIn(other));

const bytesIn = (key: string): Buffer => Buffer.from(key.slice('ed25519:'.length), 'base64url');

export const signed = (
  said: Omit<Statement, 'public_key' | 'signalbox_checkpoint'>,
  key: KeyObject,
): Checkpoint => {
  const whole: Statement = { signalbox_checkpoint: 1, ...said, public_key: publicKeyOf(key) };
  return { ...whole, signature: sign(null, signedBytes(whole), key).toString('base64url') };
};

/** Whether the key that it names has signed just this. */
export const isSigned = ({ signature, ...said }: Checkpoint): boolean => {
  const x = bytesIn(said.public_key).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, signedBytes(said), key, Buffer.from(signature, 'base64url'));
};
