import { randomBytes } from 'node:crypto';
import type { Intent } from '../kernel/area.ts';
import type { Actor } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import type { Caller, PreparedCommand } from '../kernel/operation.ts';
import { type Call, digestOf } from './batch.ts';
import { requestIdCharactersMax } from './requests.ts';

/** The call of somebody who asks for a command, ready to be decided. */
export const askedCall = (
  prepared: PreparedCommand,
  caller: Caller,
  how: Pick<Call, 'identify' | 'foresee'> & { readonly requestId: string | undefined },
): Call => {
  const { requestId, identify, foresee } = how;
  return {
    by: prepared.operation,
    intent: prepared.intend(caller),
    identify,
    request:
      requestId === undefined
        ? undefined
        : { id: idOf(requestId, prepared, caller), digest: digestOf(prepared.operation, prepared.input) },
    entropy: drawnOnce(),
    ...(foresee !== undefined && { foresee }),
  };
};

/** A call that nobody asked for under a request id, by somebody who is known. */
export const ownCall = (by: string, intent: Intent, actor: Actor): Call => ({
  by,
  intent,
  identify: (): Outcome<Actor> => ok(actor),
  request: undefined,
  entropy: drawnOnce(),
});

export const refuseRequestId = (requestId: string | undefined): Refusal | undefined =>
  requestId !== undefined && (requestId === '' || requestId.length > requestIdCharactersMax)
    ? refuse(
        'invalid_input',
        `A request id has 1 to ${requestIdCharactersMax} characters. Choose a shorter one.`,
      )
    : undefined;

/** Who joins is nobody yet: the connection tells two calls of one request id apart, where later the agent does. */
const idOf = (requestId: string, { joins }: PreparedCommand, { connection }: Caller): string =>
  joins && connection !== undefined ? `${connection} ${requestId}` : requestId;

/** Random bytes, drawn when a rule first wants an id: most commands want none. */
const drawnOnce = (): (() => Uint8Array) => {
  let drawn: Uint8Array | undefined;
  return () => (drawn ??= randomBytes(10));
};
