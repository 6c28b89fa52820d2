import type { Description } from '../../catalogue/description.ts';
import { type ErrorCode, type Outcome, refuse } from '../../kernel/errors.ts';
import type { Instant } from '../../kernel/instants.ts';
import type { Kind } from '../../kernel/entry.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Hub, HubReply } from '../hub.ts';

/** A call as the command line makes it. */
export interface CliCall {
  readonly operation: string;
  readonly input: unknown;
  readonly agent: string | undefined;
  readonly session: string | undefined;
  /** In what capacity whoever runs the command calls. */
  readonly kind: Kind;
  /** Named by whoever calls; then nothing is remembered here. */
  readonly requestId: string | undefined;
}

/** What makes a call the same as another, for whoever typed it. */
export interface PendingKey {
  readonly operation: string;
  readonly input: unknown;
  readonly agent: string | undefined;
  readonly session: string | undefined;
  readonly workspace: string;
}

/** A call that is under way, remembered where a later process finds it. */
export interface PendingCall {
  readonly requestId: string;
  /** When the same call was made by a process that did not live to hear the answer. */
  readonly interruptedAt: Instant | undefined;
  /** Forgets it: what became of it is known. */
  readonly settle: () => Promise<void>;
}

/** A hub for one call, and the workspace that the call goes to. */
interface Connected {
  readonly hub: Pick<Hub, 'call'>;
  readonly workspace: string;
  readonly close: () => Promise<void>;
}

export interface CallOptions {
  readonly catalogue: Description;
  readonly principal: string;
  readonly connect: () => Promise<Outcome<Connected>>;
  readonly remember: (key: PendingKey) => Promise<PendingCall>;
  readonly signal: AbortSignal;
}

export interface CliReply extends HubReply {
  readonly interruptedAt: Instant | undefined;
}

/** What became of a call, and whether something may have been stored that nobody knows of. */
export interface Called {
  readonly outcome: Outcome<CliReply>;
  readonly uncertain: boolean;
  /** Forgets the call, once its answer has been told: whoever dies before has to be able to ask for it again. */
  readonly settle: () => Promise<void>;
  /** Lets go of the hub, which hears first that the answer has been shown, if it has. */
  readonly close: (shown: boolean) => Promise<void>;
}

/** After these it is not known, or not said, whether the change was stored: a repeat must be the same call. */
const uncertainCodes: ReadonlySet<ErrorCode> = new Set(['outcome_unknown', 'internal', 'storage_failed']);

/**
 * Makes one call. One that would do something a second time when it is made again is remembered from before it is sent
 * until its answer is certain and told, so that the same command after a crash or Ctrl-C is the same call.
 */
export const makeCall = async (call: CliCall, options: CallOptions): Promise<Called> => {
  const { operation, input, agent, session } = call;
  const connected = await unlessAborted(options.connect(), options.signal);
  if (!connected.ok) return { outcome: connected, uncertain: false, settle: nothing, close: nothing };
  const { hub, workspace, close } = connected.value;
  const repeats = call.requestId === undefined && doesTwice(options.catalogue, operation);
  const pending = repeats
    ? await options.remember({ operation, input, agent, session, workspace })
    : undefined;
  const caller = callerOf(call, options.principal);
  const reply = await hub.call({
    operation,
    input,
    caller,
    workspace,
    requestId: call.requestId ?? pending?.requestId,
    signal: options.signal,
    receipts: true,
  });
  const uncertain =
    !reply.ok &&
    changes(options.catalogue, operation) &&
    uncertainCodes.has(reply.code) &&
    reply.details['stored'] !== false;
  const receipt = reply.ok ? reply.value.receipt : undefined;
  if (receipt === undefined) await close();
  return {
    outcome: reply.ok
      ? { ok: true, value: { ...reply.value, interruptedAt: pending?.interruptedAt } }
      : reply,
    uncertain,
    settle: uncertain || pending === undefined ? nothing : pending.settle,
    close: async (shown) => {
      if (receipt === undefined) return;
      // What nobody hears of is shown again, so this is not worth a long wait, and its refusal not worth a word.
      const signal = AbortSignal.timeout(receiptMs);
      if (shown) await hub.call({ ...sayingReceived, caller, workspace, signal, received: receipt });
      await close();
    },
  };
};

const receiptMs = 2_000;

/** Any call can say that an answer was received; this one looks at little. */
const sayingReceived = {
  operation: 'status',
  input: {},
  requestId: undefined,
  peek: true,
} as const;

const nothing = async (): Promise<void> => {};

const brokenOff = refuse('stopping', 'The call was broken off before it was made. Nothing was stored.');

/** The hub, unless nobody waits for it any more; one that is found later is let go. */
const unlessAborted = async (
  connecting: Promise<Outcome<Connected>>,
  signal: AbortSignal,
): Promise<Outcome<Connected>> => {
  const { promise: aborted, resolve } = Promise.withResolvers<Outcome<Connected>>();
  const abort = (): void => resolve(brokenOff);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const first = await Promise.race([connecting, aborted]);
  signal.removeEventListener('abort', abort);
  if (first === brokenOff) void connecting.then((late) => (late.ok ? late.value.close() : undefined));
  return first;
};

/** Whether it changes something. What this version does not know may. */
export const changes = (catalogue: Description, name: string): boolean => {
  const operation = catalogue.find(name);
  return !operation.ok || operation.value.kind === 'command';
};

/** Whether the same call again would do it a second time, were it not remembered. */
export const doesTwice = (catalogue: Description, name: string): boolean => {
  const operation = catalogue.find(name);
  return !operation.ok || (operation.value.kind === 'command' && !operation.value.idempotent);
};

/**
 * Every command is a process of its own; the name of the agent is what stays, and stands for the connection. Who names
 * no agent is none: a nameless start comes back to the agent that the one before made, but other calls need its handle.
 */
const callerOf = ({ operation, agent, session, kind }: CliCall, principal: string): Caller => ({
  principal,
  role: 'admin',
  kind,
  agent,
  session,
  connection: agent === undefined ? (operation === 'start' ? 'cli' : undefined) : `cli:${agent}`,
  client: 'cli',
});
