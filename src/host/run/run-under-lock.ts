import { writtenDescription } from '../../catalogue/written-description.ts';
import { systemClock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { hourMs, secondMs } from '../../kernel/instants.ts';
import type { Given } from '../commands/command.ts';
import { currentBranch } from '../current-branch.ts';
import { openOnce } from '../open-once.ts';
import { thisProcess } from '../workspace-resolution/wanted.ts';
import { type Asked, askedBy } from './asked.ts';
import { type ChildEnd, startChild } from './child.ts';
import { type HeldLock, type Holding, holdLock } from './held-lock.ts';
import { keepLease } from './keep-lease.ts';
import { inOwnWords, withinLimits } from './refused.ts';
import { type Forwarding, forwardSignals } from './signals.ts';

/** Holds a lock around a command, and ends with the exit code of the command. */
export const runUnderLock = async (given: Given): Promise<Outcome<true>> => {
  const asked = askedBy(given);
  if (!asked.ok) return asked;
  const signals = forwardSignals();
  // The timers of a wait leave a process free to end; here the command is what it lives for.
  const living = setInterval(() => {}, hourMs);
  try {
    const outcome = await runLiving(asked.value, given, signals);
    const exit = signals.exit();
    if (exit === undefined) return outcome;
    process.exitCode = exit;
    return ok(true);
  } finally {
    clearInterval(living);
    signals.forget();
  }
};

const runLiving = async (asked: Asked, given: Given, signals: Forwarding): Promise<Outcome<true>> => {
  const { configuration, log } = given;
  const { settings } = configuration;
  const connected = await openOnce(settings, { catalogue: writtenDescription(), log });
  if (!connected.ok) return connected;
  const { hub, workspace, close } = connected.value;
  const holding: Holding = {
    hub,
    workspace,
    agent: settings.agent,
    clock: systemClock,
    branch: () => currentBranch(thisProcess()),
    signal: signals.early,
  };
  let fitting = asked;
  let lock = await holdLock(fitting, holding);
  const other = lock.ok ? undefined : withinLimits(asked, lock);
  if (other !== undefined) lock = await holdLock((fitting = other), holding);
  const outcome = lock.ok ? await runHolding(fitting, lock.value, { signals, log }) : inOwnWords(lock, asked);
  await close();
  return outcome;
};

interface Surroundings {
  readonly signals: Forwarding;
  readonly log: Log;
}

const runHolding = async (
  asked: Asked,
  lock: HeldLock,
  { signals, log }: Surroundings,
): Promise<Outcome<true>> => {
  const over = new AbortController();
  const ran = signals.exit() === undefined ? await runKept(asked, lock, { signals, log, over }) : undefined;
  over.abort();
  const released = ran?.lost === undefined ? await lock.release() : ok(true);
  if (!released.ok)
    log.warn(
      `the lock ${lock.name} could not be given back, and ends within ${asked.ttlMs / secondMs} s by itself: ${released.message}`,
    );
  if (ran === undefined) return ok(true);
  const { end, lost } = ran;
  if (lost !== undefined) return lostLock(lock.name, lost);
  if (end.fault !== undefined) log.error(`the command could not be started: ${end.fault}`);
  process.exitCode = end.code;
  return ok(true);
};

interface Ran {
  readonly end: ChildEnd;
  /** Why the lock was lost meanwhile. */
  readonly lost: string | undefined;
}

/** How long the command may take to end when the lock is being lost; all of it lies within the ttl. */
const graceMsMax = 5 * secondMs;
const gracesPerTtl = 4;

const runKept = async (
  { words, ttlMs }: Asked,
  lock: HeldLock,
  { signals, log, over }: Surroundings & { readonly over: AbortController },
): Promise<Ran> => {
  const onTerminal = process.stdin.isTTY;
  const graceMs = Math.min(graceMsMax, ttlMs / gracesPerTtl);
  const child = startChild(words, { onTerminal, graceMs });
  // A terminal has sent its Ctrl-C to the command already.
  signals.to((signal) => {
    if (!onTerminal || signal !== 'SIGINT') child.send(signal);
  });
  const { grantedAt, renew } = lock;
  let lost: string | undefined;
  const lose = (why: string | undefined): void => {
    if (why === undefined || lost !== undefined) return;
    lost = why;
    log.error(`the lock ${lock.name} is lost (${why}); the command is told to end`);
    child.end();
  };
  const kept = keepLease(
    { ttlMs, grantedAt, marginMs: graceMs },
    {
      clock: systemClock,
      renew,
      troubled: (why) =>
        log.warn(`the lock ${lock.name} could not be renewed, and will be tried again: ${why}`),
      stop: over.signal,
    },
  ).then(lose);
  const told = lock.lost(over.signal).then(lose);
  const end = await child.ended;
  over.abort();
  await Promise.all([kept, told]);
  return { end, lost };
};

/** What the hub says ends with a full stop, and what was found out here does not. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const lostLock = (name: string, why: string): Outcome<true> =>
  refuse(
    'not_holder',
    `The lock ${name} was lost while the command ran: ${sentence(why)} The command was ended; others may have worked on the same since then, so look before you run it again.`,
    { lock: name },
  );
