import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { nearestName } from '../../../kernel/nearest.ts';
import { type Agent, agentTier, onlyPartition } from '../../agents/model.ts';
import { mentionsIn } from '../mentions.ts';
import { mentionsMax, namesComparedMax } from '../model/limits.ts';
import { isParty, messageAt, messageId } from '../model/message.ts';
import type { Office, SendCommand } from './commands.ts';
import { roleHolders } from './roles.ts';

/** Who gets a message. */
export interface Recipients {
  readonly to: readonly string[];
  readonly everyone: boolean;
  /** Agents that the text names and that are not among them. */
  readonly mentioned: readonly string[];
  /** Agents whose names stand in a text that says who gets it, and that are not mentioned by that. */
  readonly notMentioned: readonly string[];
}

/** ME1 to ME5, ME30 */
export const recipientsOf = (office: Office, command: SendCommand): Outcome<Recipients> => {
  const { agents } = office.context.world.agents;
  const mentions = mentionsIn(command.text, (name) => agents.has(name));
  if (command.to !== undefined) {
    const to = addressed(office, command.to);
    if (!to.ok) return to;
    const known = new Set(to.value);
    const mentioned = mentions.agents.filter((name) => !known.has(name)).slice(0, mentionsMax);
    return ok({ to: to.value, everyone: command.to.includes(everyone), mentioned, notMentioned: [] });
  }
  const answered = authorAnswered(office, command);
  if (!answered.ok) return answered;
  const to = new Set([
    ...answered.value,
    ...mentions.agents.filter((name) => name !== office.context.actor.agent),
  ]);
  const notMentioned = mentions.unmentioned.filter(
    (name) => name !== office.context.actor.agent && !to.has(name),
  );
  if (to.size === 0) return refuseNobody(office, { strangers: mentions.strangers, notMentioned });
  if (to.size > mentionsMax) {
    return refuse(
      'limit_exceeded',
      `The text mentions ${to.size} agents, and a message goes to at most ${mentionsMax} that way. Nothing was stored. Name the recipients with to, or send to "${everyone}".`,
      { limit: mentionsMax },
    );
  }
  return ok({ to: [...to], everyone: false, mentioned: [], notMentioned });
};

export const everyone = 'everyone';

/** ME1, ME2: all that the addresses stand for, each agent once. */
const addressed = (office: Office, addresses: readonly string[]): Outcome<readonly string[]> => {
  const to = new Set<string>();
  for (const address of addresses) {
    const found = meantBy(office, address);
    if (!found.ok) return found;
    for (const name of found.value) to.add(name);
  }
  return ok([...to]);
};

const meantBy = ({ context }: Office, address: string): Outcome<readonly string[]> => {
  const { world, now, actor } = context;
  const slice = world.agents;
  const others = (test: (agent: Agent) => boolean): readonly string[] => {
    const found: string[] = [];
    for (const agent of slice.agents.scan('all', onlyPartition)) {
      if (agent.name !== actor.agent && test(agent)) found.push(agent.name);
    }
    return found;
  };
  if (address === everyone) {
    const there = others((agent) => agentTier(slice, agent, now) !== 'abandoned');
    return there.length > 0 ? ok(there) : nobody(address, 'No other agent has been here within 24 hours');
  }
  const [kind = '', name] = address.split(':');
  if (name === undefined)
    return slice.agents.has(address) ? ok([address]) : refuseUnknown(slice.agents, address);
  if (kind === 'capability') {
    const capable = others(({ capabilities }) => capabilities.includes(name));
    return capable.length > 0
      ? ok(capable)
      : nobody(address, `No other agent has stated the capability ${name}`);
  }
  const holders = roleHolders(world, name);
  if (!holders.ok) return holders;
  const held = holders.value.filter((holder) => holder !== actor.agent);
  return held.length > 0 ? ok(held) : nobody(address, `No other agent has the role ${name}`);
};

const nobody = (address: string, why: string): Refusal =>
  refuse(
    'not_found',
    `${why}, so nobody would get what is sent to ${address}. Nothing was stored. See who is here with agent_list.`,
    {
      address,
    },
  );

type Agents = Office['context']['world']['agents']['agents'];

/** ME3 */
const refuseUnknown = (agents: Agents, name: string): Refusal => {
  const compared: string[] = [];
  for (const agent of agents.scan('all', onlyPartition)) {
    if (compared.length === namesComparedMax) break;
    compared.push(agent.name);
  }
  const nearest = nearestName(name, compared);
  return refuse(
    'agent_unknown',
    `No agent is called "${name}" here, and nothing was stored. ${nearest === undefined ? 'See who is here with agent_list.' : `Did you mean ${nearest}?`}`,
    { agent: name, ...(nearest !== undefined && { nearest }) },
  );
};

/** ME5: a reply without an address goes to whoever wrote what it answers. */
const authorAnswered = (office: Office, { replyTo }: SendCommand): Outcome<readonly string[]> => {
  if (replyTo === undefined) return ok([]);
  const answered = messageAt(office.messages, replyTo);
  if (answered?.sender !== undefined) return ok([answered.sender]);
  return answered === undefined ? unknownMessage(replyTo) : ok([]);
};

/** ME6: what may be answered, and what may be named at all. */
export const refuseReply = ({ messages, context }: Office, { replyTo }: SendCommand): Refusal | undefined => {
  if (replyTo === undefined) return undefined;
  const answered = messageAt(messages, replyTo);
  const { agent, principal } = context.actor;
  if (answered === undefined) return unknownMessage(replyTo);
  const own = answered.sender === undefined && agent === undefined && answered.from === principal;
  return own || answered.everyone || (agent !== undefined && isParty(answered, agent))
    ? undefined
    : unknownMessage(replyTo);
};

/** The same for a call that names no agent, and so has no mailbox. */
export const unknownToNobody = (seq: number): Refusal =>
  refuse(
    'not_found',
    `This call names no agent, so it has no messages but those to everyone, and ${messageId(seq)} is none of them, or too old to be known here. Name the agent that sent or got it.`,
    { messages: [messageId(seq)], needs: 'agent' },
  );

/** What others write to each other is answered like what does not exist. */
export const unknownMessage = (...seqs: readonly number[]): Refusal =>
  refuse(
    'not_found',
    `You have no message ${seqs.map(messageId).join(', ')}, or it is too old to be known here. See what you have with inbox.`,
    { messages: seqs.map(messageId) },
  );

interface Unreached {
  readonly strangers: readonly string[];
  readonly notMentioned: readonly string[];
}

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/** ME4, ME30 */
const refuseNobody = ({ context }: Office, { strangers, notMentioned }: Unreached): Refusal => {
  const unknown = strangers.filter((name) => name !== context.actor.agent);
  const why = [
    ...(unknown.length === 0 ? [] : [`no agent is called ${listed(unknown)}`]),
    ...(notMentioned.length === 0
      ? []
      : [`what is part of code, an address or a path is no mention: ${listed(notMentioned)}`]),
  ];
  const said = why.length === 0 ? '' : ` (${why.join('; ')})`;
  return refuse(
    'invalid_input',
    `The text mentions no other agent${said}, so nobody would get it, and nothing was stored. Name somebody with to: an agent, capability:<c>, role:<r> or everyone.`,
    { not_agents: unknown, ...(notMentioned.length > 0 && { not_mentioned: notMentioned }) },
  );
};
