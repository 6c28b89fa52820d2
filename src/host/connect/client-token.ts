import { z } from 'zod';
import { writtenDescription } from '../../catalogue/written-description.ts';
import type { Log } from '../../engine/log.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import type { Settings } from '../configuration/settings.ts';
import { ownCaller } from '../far-workspaces.ts';
import { connectOnce } from '../open-once.ts';

/** A token that a client is given. */
export interface ClientToken {
  readonly id: string;
  readonly text: string;
}

interface At {
  readonly settings: Settings;
  readonly log: Log;
}

const made = z.object({ id: z.string(), token: z.string() });

/**
 * Makes a token for the agents of a client: they work, in all workspaces, until it is revoked. Only after a person has
 * confirmed it.
 */
export const makeClientToken = async (label: string, at: At): Promise<Outcome<ClientToken>> => {
  const input = { label, kind: 'agent', role: 'worker', expires: 'never' };
  const answer = await callAsPerson('token_create', input, at);
  if (!answer.ok) return answer;
  const parsed = made.safeParse(answer.value);
  return parsed.success
    ? ok({ id: parsed.data.id, text: parsed.data.token })
    : refuse(
        'upgrade_required',
        'The hub answers token_create in a way that this version does not understand. Use the same version of Signalbox on both sides.',
      );
};

/** Ends such a token. One that is not there any more is ended. */
export const revokeClientToken = async (id: string, at: At): Promise<Outcome<true>> => {
  const answer = await callAsPerson('token_revoke', { id, reason: 'signalbox connect' }, at);
  return answer.ok || answer.code === 'not_found' ? ok(true) : answer;
};

const callAsPerson = async (
  operation: string,
  input: unknown,
  { settings, log }: At,
): Promise<Outcome<unknown>> => {
  const connected = await connectOnce(settings, { catalogue: writtenDescription(), log });
  if (!connected.ok) return connected;
  const { hub, close } = connected.value;
  const reply = await hub.call({
    operation,
    input,
    caller: { ...ownCaller, kind: 'person' },
    workspace: undefined,
    requestId: undefined,
    signal: undefined,
  });
  await close();
  return reply.ok ? ok(reply.value.value) : reply;
};
