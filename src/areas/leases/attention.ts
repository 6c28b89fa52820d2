import type { Attention, News } from '../../kernel/area.ts';
import type { Moment } from '../../kernel/carried.ts';
import type { Seq } from '../../kernel/entry.ts';
import { quoted } from '../../kernel/text.ts';
import { type Instant, isoTime, spoken } from '../../kernel/instants.ts';
import type { World } from '../../kernel/slices.ts';
import { mailboxOf } from '../messages/model/index.ts';
import { type Lease, type LeasesSlice, type Loss, leasesHeldBy, lossesSince } from './model/lease.ts';

const lostKind = 'lock_lost';
const askedKind = 'lock_asked';

/** LE42: what an agent lost, what others ask of it, and what has been granted to it and not picked up. */
export const attention = (world: World<'leases' | 'agents'>, name: string, now: Instant): Attention[] => {
  const agent = world.agents.agents.get(name);
  if (agent === undefined) return [];
  const lost = lostSince(world.leases, name, agent.toldSeq).map(
    (loss): Attention => ({
      kind: lostKind,
      ref: loss.lock,
      seq: loss.seq,
      since: loss.at,
      text: lossWords(loss),
    }),
  );
  return [...lost, ...leasesHeldBy(world.leases, name).flatMap((lease) => wantsOf(lease, now))];
};

/** LE43: what was lost or asked for since the latest start, and has not been told by `wait`. */
export const news = (
  world: World<'leases' | 'agents' | 'messages'>,
  name: string,
  { arrived }: Moment,
): News[] => {
  const agent = world.agents.agents.get(name);
  if (agent === undefined) return [];
  const told = Math.max(agent.startedSeq, mailboxOf(world.messages, name).told.seq, arrived.told ?? 0);
  const asks = leasesHeldBy(world.leases, name)
    .flatMap((lease) => lease.asks.map(({ seq }) => seq))
    .filter((seq) => seq > told);
  const lost = lostSince(world.leases, name, told).map(({ seq }) => seq);
  return [...newsOf(lostKind, lost), ...newsOf(askedKind, asks)];
};

const newsOf = (kind: string, seqs: readonly Seq[]): News[] =>
  seqs.length === 0 ? [] : [{ kind, count: seqs.length, seq: Math.max(...seqs), call: 'wait' }];

/** What an agent lost behind entry `seq` and does not hold again. */
const lostSince = (slice: LeasesSlice, name: string, seq: Seq): readonly Loss[] => {
  const losses = lossesSince(slice, name, seq);
  if (losses.length === 0) return losses;
  const held = new Set(leasesHeldBy(slice, name).map(({ lock }) => lock));
  return losses.filter(({ lock }) => !held.has(lock));
};

const stop = 'Stop what you do under it, and acquire it again if you go on.';

const lossWords = ({ lock, why, by, reason, at }: Loss): string => {
  switch (why) {
    case 'broken':
      return `${by ?? 'somebody'} broke your lock ${lock}: ${quoted(reason ?? '')}. ${stop}`;
    case 'expired':
      return `Your lock ${lock} ran out at ${isoTime(at)} and was not renewed. ${stop}`;
    case 'session_expired':
      return `Your session expired, and your lock ${lock} went with it. ${stop}`;
    case 'not_picked_up':
      return `Your turn for ${lock} came, and nobody picked it up. Acquire it again if you still need it.`;
  }
};

const wantsOf = ({ lock, epoch, since, asks, state }: Lease, now: Instant): Attention[] => {
  const asked = asks.map(
    ({ seq, at, by, reason }): Attention => ({
      kind: askedKind,
      ref: lock,
      seq,
      since: at,
      text: `${by} asked ${spoken(now - at)} ago for your lock ${lock}: ${quoted(reason)}. Release it with lock_release as soon as you can.`,
    }),
  );
  if (state.kind !== 'offered') return asked;
  const text = `Your turn for ${lock} has come. Pick it up before ${isoTime(state.until)}, with the call that waits for it or with lock_acquire.`;
  return [...asked, { kind: 'lock_granted', ref: lock, seq: epoch, since, text }];
};
