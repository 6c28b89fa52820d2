import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../engine/clock.ts';
import { type ErrorCode, type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { repeatable } from '../../kernel/text.ts';
import { secondMs } from '../../kernel/instants.ts';
import type { Hub } from '../../surfaces/hub.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { ownerPrincipal } from '../owner.ts';
import type { Asked } from './asked.ts';
import type { Renewal } from './keep-lease.ts';
import { toldLoss } from './told-loss.ts';

/** A lock that this process holds. */
export interface HeldLock {
  readonly name: string;
  /** On the clock of this process: the lock lasts at least a ttl from then. */
  readonly grantedAt: number;
  readonly renew: (signal: AbortSignal) => Promise<Renewal>;
  /** Why it is lost, as soon as the hub tells; undefined at the stop. */
  readonly lost: (stop: AbortSignal) => Promise<string | undefined>;
  /** Gives it back, and ends the session that was made for it. */
  readonly release: () => Promise<Outcome<unknown>>;
}

export interface Holding {
  readonly hub: Pick<Hub, 'call' | 'changes'>;
  readonly workspace: string;
  readonly agent: string | undefined;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The branch of this process, for the lock `work`. */
  readonly branch: () => Promise<string | undefined>;
  /** Breaks the wait for it off. */
  readonly signal: AbortSignal;
}

/** After these, the lock is surely somebody else's or nobody's; after others it may still be held. */
const lostCodes: ReadonlySet<ErrorCode> = new Set([
  'not_holder',
  'stale_epoch',
  'session_ended',
  'session_required',
  'agent_unknown',
  'forbidden',
]);

const granted = z.looseObject({ locks: z.tuple([z.looseObject({ name: z.string(), token: z.number() })]) });

const purposeCharactersMax = 100;

type Call = (operation: string, input: object, signal?: AbortSignal) => Promise<Outcome<unknown>>;

/**
 * Takes the lock in a session of its own, so that two runs of one agent exclude each other as well; in a session that
 * was named, what that session holds already is no hindrance.
 */
export const holdLock = async (asked: Asked, holding: Holding): Promise<Outcome<HeldLock>> => {
  const { agent, signal, clock } = holding;
  const call = callsOf(asked, holding);
  const target = await targetOf(asked.lock, holding);
  if (!target.ok) return target;
  const own = asked.session === undefined;
  if (own) {
    const started = await call('start', agent === undefined ? {} : { agent }, signal);
    if (!started.ok) return started;
  }
  const leave = async (): Promise<void> => {
    if (own) await call('agent_leave', {});
  };
  let grantedAt = clock.monotonic();
  const acquired = await call('lock_acquire', acquisition(asked, target.value), signal);
  if (!acquired.ok) {
    // Broken off, it may have been granted all the same. What a session held before that was named is not touched.
    if (own && acquired.code === 'outcome_unknown') await call('lock_release', target.value);
    await leave();
    return acquired;
  }
  const [{ name, token }] = granted.parse(acquired.value).locks;
  const renew = async (broken: AbortSignal): Promise<Renewal> =>
    renewalOf(await call('lock_renew', { name, token }, broken));
  const lost = (stop: AbortSignal): Promise<string | undefined> => {
    const check = (): Promise<Outcome<unknown>> => call('lock_check_token', { name, token });
    return toldLoss({ ...holding, check, renew: () => renew(stop) }, stop);
  };
  const release = async (): Promise<Outcome<unknown>> => {
    const released = await call('lock_release', { name, token });
    await leave();
    return released;
  };
  if (asked.waitMs > 0) {
    // When in the wait it was granted, only the hub knows.
    grantedAt = clock.monotonic();
    const renewed = await call('lock_renew', { name, token }, signal);
    if (!renewed.ok) {
      await release();
      return renewed;
    }
  }
  return ok({ name, grantedAt, renew, lost, release });
};

const callsOf = (asked: Asked, { hub, workspace }: Holding): Call => {
  const caller = {
    principal: ownerPrincipal,
    role: 'admin',
    kind: 'agent',
    agent: undefined,
    session: asked.session,
    connection: `run:${randomUUID()}`,
    client: 'run',
  } as const;
  return async (operation, input, signal) => {
    const reply = await hub.call({ operation, input, caller, workspace, requestId: randomUUID(), signal });
    return reply.ok ? ok(reply.value.value) : reply;
  };
};

/** What is to be held: a name, and for `work` the branch that is meant. */
interface Target {
  readonly name: string;
  readonly branch?: string;
}

const targetOf = async (lock: string, { branch }: Pick<Holding, 'branch'>): Promise<Outcome<Target>> => {
  if (lock.trim().toLowerCase() !== 'work') return ok({ name: lock });
  const here = await branch();
  return here === undefined
    ? refuse(
        'invalid_input',
        `The lock work is called after the branch that is checked out, and here none is. Check one out, or name a lock such as issue:42.${seeHelp({ command: 'run' })}`,
      )
    : ok({ name: lock, branch: here });
};

/** What the command is told is nobody else's business: it may hold secrets. */
const acquisition = ({ mode, ttlMs, waitMs, words }: Asked, target: Target): object => ({
  ...target,
  ttl: ttlMs / secondMs,
  purpose: repeatable(`runs ${basename(words[0] ?? '')}`, purposeCharactersMax),
  ...(mode !== undefined && { mode }),
  ...(waitMs > 0 && { wait_ms: waitMs }),
});

const renewalOf = (outcome: Outcome<unknown> | Refusal): Renewal => {
  if (outcome.ok) return { kind: 'renewed' };
  return { kind: lostCodes.has(outcome.code) ? 'lost' : 'unknown', why: outcome.message };
};
