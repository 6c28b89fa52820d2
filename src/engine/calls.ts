import { hash, randomBytes } from 'node:crypto';
import type { Intent } from '../kernel/area.ts';
import type { Actor } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import type { Caller, PreparedCommand } from '../kernel/operation.ts';
import { type Call, digestOf } from './batch.ts';
import type { ObservedCommand } from './instruments.ts';
import { requestIdCharactersMax } from './requests.ts';

export interface CallOptions {
  /** Makes the call repeatable: the same id and input again gives the same answer and is done once. */
  readonly requestId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Aborted when the answer has not reached whoever asked: then no later call proves that it has. */
  readonly gone?: AbortSignal | undefined;
  /** The request ids of earlier calls of the same session whose answers have reached nobody. */
  readonly lost?: readonly string[] | undefined;
  /** It only looks: its answer carries nothing, and that it is made proves nothing of earlier ones. */
  readonly peek?: boolean | undefined;
  /** The caller says itself which answers have arrived, by their receipts: its calls prove nothing. */
  readonly receipts?: boolean | undefined;
  /** The receipt of an answer that has arrived. */
  readonly received?: string | undefined;
}

/** The call of somebody who asks for a command, ready to be decided. */
export const askedCall = (
  prepared: ObservedCommand,
  caller: Caller,
  how: Pick<Call, 'identify' | 'arrived' | 'foresee'> & { readonly requestId: string | undefined },
): Call => {
  const { requestId, identify, arrived, foresee } = how;
  const { observer } = prepared;
  return {
    by: prepared.operation,
    intent: prepared.intend(caller),
    identify,
    request:
      requestId === undefined
        ? undefined
        : {
            id: idOf(requestId, prepared, caller),
            digest: digestOf(prepared.operation, meantBy(prepared, caller)),
          },
    entropy: drawnOnce(),
    ...(arrived !== undefined && { arrived }),
    ...(foresee !== undefined && { foresee }),
    ...(observer !== undefined && { observer }),
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

/** Who joins is nobody yet. */
export const speakerOf = ({ joins }: PreparedCommand, caller: Caller): Caller =>
  joins === undefined ? caller : { ...caller, agent: undefined, session: undefined, connection: undefined };

/** Who joins is nobody yet: the connection tells two calls of one request id apart, where later the agent does. */
const idOf = (requestId: string, { joins }: PreparedCommand, { connection }: Caller): string =>
  joins !== undefined && connection !== undefined ? `${connection} ${requestId}` : requestId;

/** AC50: the same call of who is held to an agent is another one, whose answer is for that agent alone. */
const meantBy = ({ input }: PreparedCommand, { scope }: Caller): unknown =>
  scope?.agent === undefined ? input : { input, heldTo: scope.agent };

const secretBytes = 32;

/**
 * The command with the secret of this one call, if it wants one: the rules get the hash of it, the answer itself. What is
 * answered to a repeat is made from the command without it.
 */
export const withSecret = (prepared: ObservedCommand): ObservedCommand => {
  if (prepared.secret !== true) return prepared;
  const bytes = randomBytes(secretBytes);
  const secret = bytes.toString('base64url');
  const drawn = { hash: hash('sha256', bytes, 'hex') };
  return {
    ...prepared,
    intend: (caller) => prepared.intend(caller, drawn),
    answer: (done, slices, facts) => prepared.answer(done, slices, { ...facts, secret }),
  };
};

/** Random bytes, drawn when a rule first wants an id: most commands want none. */
const drawnOnce = (): (() => Uint8Array) => {
  let drawn: Uint8Array | undefined;
  return () => (drawn ??= randomBytes(10));
};
