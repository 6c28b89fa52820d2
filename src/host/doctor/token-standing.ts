import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { findByHash, standingIn } from '../../areas/access/model.ts';
import { type Token } from '../../areas/access/model.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { isoTime } from '../../kernel/instants.ts';
import { connectHub } from '../../surfaces/http/client.ts';
import { hashOfToken } from '../access/token-text.ts';
import { ownCaller } from '../far-workspaces.ts';
import { openJournals } from '../open-hub.ts';
import type { Patient } from './check.ts';

/** A hub on this machine answers at once. */
const answerTimeoutMs = 1_000;

/** What is known of a token. */
export type TokenStanding =
  /** `who`: in whose name it is, and for how long. */
  | { readonly kind: 'good'; readonly who: string }
  /** Nobody can tell, or nobody asks for it. */
  | { readonly kind: 'untold'; readonly why: string }
  /** `id`: of one that has expired. */
  | { readonly kind: 'bad'; readonly why: string; readonly expired: string | undefined };

/** What the hub that calls from here go to says of a token; the journals, where none runs. */
export const standingOf = async (
  token: string,
  hubUrl: string | undefined,
  patient: Patient,
): Promise<TokenStanding> => {
  if (token.startsWith('sbx_') && hashOfToken(token) === undefined)
    return bad('it is no token of Signalbox, which is sbx_ and 43 characters');
  return hubUrl === undefined ? inJournal(token, patient) : atHub(token, hubUrl);
};

/** Whether a hub lets in who shows nothing; undefined when it does not say. */
export const asksForTokens = async (hubUrl: string): Promise<boolean | undefined> => {
  const answer = await statusAt(hubUrl, undefined);
  if (answer.ok) return false;
  return answer.code === 'unauthenticated' ? true : undefined;
};

const bad = (why: string, expired?: string): TokenStanding => ({ kind: 'bad', why, expired });

const statusSchema = z.object({
  principal: z.string(),
  kind: z.string(),
  role: z.string(),
  token: z.string().optional(),
  expires_at: z.string().optional(),
});

const statusAt = async (hubUrl: string, token: string | undefined) => {
  const hub = await connectHub(hubUrl, { timeoutMs: answerTimeoutMs, token });
  if (!hub.ok) return hub;
  const reply = await hub.value.call({
    operation: 'auth_status',
    input: {},
    // As what the token itself makes whoever shows it.
    caller: { ...ownCaller, kind: 'person' },
    workspace: undefined,
    requestId: undefined,
    signal: AbortSignal.timeout(answerTimeoutMs),
  });
  hub.value.close();
  return reply;
};

const atHub = async (token: string, hubUrl: string): Promise<TokenStanding> => {
  const answer = await statusAt(hubUrl, token);
  if (!answer.ok)
    // Only tokens that do not hold are told to wait.
    return answer.code === 'unauthenticated' || answer.code === 'rate_limited'
      ? bad(answer.message, expiredIn(answer))
      : { kind: 'untold', why: answer.message };
  const said = statusSchema.safeParse(answer.value.value);
  if (!said.success) return { kind: 'untold', why: 'the hub does not say whose it is.' };
  const { principal, kind, role, token: id, expires_at: end } = said.data;
  return id === undefined
    ? { kind: 'untold', why: `the hub takes it for ${principal}, and not for a token that it made.` }
    : { kind: 'good', who: whoIs({ principal, kind, role, id, end }) };
};

const expiredIn = ({ details }: Refusal): string | undefined =>
  details['standing'] === 'expired' && typeof details['token'] === 'string' ? details['token'] : undefined;

interface Who {
  readonly principal: string;
  readonly kind: string;
  readonly role: string;
  readonly id: string;
  readonly end: string | undefined;
}

const whoIs = ({ principal, kind, role, id, end }: Who): string =>
  `${id} of ${principal}, kind ${kind}, role ${role}, ${end === undefined ? 'until it is revoked' : `until ${end}`}`;

const inJournal = async (
  token: string,
  { configuration: { settings }, log, sealed }: Patient,
): Promise<TokenStanding> => {
  const hash = hashOfToken(token);
  if (hash === undefined)
    return { kind: 'untold', why: 'it is not of Signalbox, and no hub runs that could say more.' };
  if (sealed || !existsSync(join(settings.dataDir, 'hub.journal')))
    return { kind: 'untold', why: 'there is no hub yet that could know it.' };
  const opened = await openJournals(settings, { log, ticksFirst: false, brief: true, looks: true });
  if (!opened.ok) return { kind: 'untold', why: opened.message };
  const { engine } = opened.value.hub;
  const { access } = engine.slices;
  const found = findByHash(access, hash);
  const standing = found === undefined ? 'unknown' : standingIn(access, found, engine.now());
  await opened.value.close();
  if (found === undefined) return bad('the hub of this data directory does not know it');
  if (standing === 'good') return { kind: 'good', who: whoIs(ofToken(found)) };
  return standing === 'expired' ? bad(`${found.id} has expired`, found.id) : bad(`${found.id} was revoked`);
};

const ofToken = ({ id, principal, kind, role, expiresAt }: Token): Who => ({
  id,
  principal,
  kind,
  role,
  end: expiresAt === undefined ? undefined : isoTime(expiresAt),
});
