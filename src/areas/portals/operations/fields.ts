import { z } from 'zod';
import { lineSchema, rawTextSchema } from '../../../kernel/ids.ts';
import { secondMs } from '../../../kernel/instants.ts';
import type { Sent } from '../decide/commands.ts';
import {
  aboutCharactersMax,
  expirySecondsDefault,
  expirySecondsMax,
  reasonCharactersMax,
  textCharactersMax,
} from '../model/limits.ts';

const portalIdCharactersMax = 20;

/** `P-12`, in either case. */
export const portalIdSchema = z
  .string()
  .max(portalIdCharactersMax)
  .overwrite((id) => id.toUpperCase())
  .regex(/^P-[1-9]\d*$/, 'a portal is named P-12');

export const requestSchema = z.int().min(1);
export const textInput = rawTextSchema('A text', textCharactersMax);
export const aboutSchema = lineSchema('What it is about', aboutCharactersMax);
export const reasonSchema = lineSchema('A reason', reasonCharactersMax);

const sentKinds = ['message', 'request'] as const;

/** How something is sent. */
export const sendingShape = {
  kind: z
    .enum(sentKinds)
    .optional()
    .describe('default message; a request is to be answered with portal_reply'),
  expires_in_s: z
    .int()
    .min(1)
    .max(expirySecondsMax)
    .optional()
    .describe(`of a request; default ${expirySecondsDefault} (a day)`),
};

interface Sending {
  readonly kind?: (typeof sentKinds)[number] | undefined;
  readonly expires_in_s?: number | undefined;
}

export const fitsKind = ({ kind, expires_in_s }: Sending): boolean =>
  expires_in_s === undefined || kind === 'request';

export const kindMessage = 'only a request expires; give expires_in_s with kind request';

export const sentOf = (text: string, { kind, expires_in_s = expirySecondsDefault }: Sending): Sent => ({
  text,
  request: kind === 'request' ? { expiresInMs: expires_in_s * secondMs } : undefined,
});
