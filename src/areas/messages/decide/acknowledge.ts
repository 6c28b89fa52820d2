import type { Seq } from '../../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { type Mailbox, mailboxOf, messageAt } from '../model/message.ts';
import { splitAfter } from '../model/seqs.ts';
import { unknownMessage } from './addresses.ts';
import type { AcknowledgeCommand, MessagesDecision, Office } from './commands.ts';

/** ME13, ME14. With nothing to acknowledge it only makes sure that there is a mailbox to look into. */
export const acknowledge = (office: Office, { messages }: AcknowledgeCommand): MessagesDecision => {
  const { agent } = office.context.actor;
  if (agent === undefined) {
    return refuse(
      'session_required',
      'Only an agent has a mailbox, and this call names none. Call start, and pass on the session it returns.',
    );
  }
  if (messages === undefined) return ok([]);
  const mailbox = mailboxOf(office.messages, agent);
  const wanted =
    messages === 'all'
      ? ok(shownAndOwed(mailbox, office.context.arrived.surfaced ?? 0))
      : fresh(office, agent, messages);
  if (!wanted.ok) return wanted;
  if (wanted.value.length === 0) return ok([]);
  const sentBy = wanted.value.map((seq) => messageAt(office.messages, seq)?.sender ?? null);
  const senders = [...new Set(sentBy.flatMap((sender) => sender ?? []))];
  return ok([{ type: 'messages.acknowledged', data: { agent, messages: wanted.value, senders, sentBy } }]);
};

/** What the agent owes an acknowledgement for and an answer has carried to it. */
const shownAndOwed = ({ owed, surfaced }: Mailbox, arrived: Seq): readonly Seq[] =>
  splitAfter(owed, Math.max(surfaced.seq, arrived)).taken;

/** Those that the agent has not acknowledged yet. Whoever names a message that it got has read it. */
const fresh = ({ messages }: Office, agent: string, named: readonly Seq[]): Outcome<readonly Seq[]> => {
  const known = named.map((seq) => messageAt(messages, seq));
  const unknown = named.filter((_, i) => known[i]?.to.includes(agent) !== true);
  if (unknown.length > 0) return unknownMessage(...unknown);
  const open = known.filter((message) => message?.acknowledged.some((one) => one.agent === agent) === false);
  return ok([...new Set(open.flatMap((message) => (message === undefined ? [] : [message.seq])))]);
};
