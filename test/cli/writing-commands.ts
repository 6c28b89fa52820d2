/* Every command that changes something, with what it needs before and by what its effect is known. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { ownerPrincipal } from '../../src/host/open-hub.ts';
import type { ErrorCode } from '../../src/kernel/errors.ts';
import type { Hub } from '../../src/surfaces/hub.ts';
import type { Line } from '../race/journal-check.ts';

/** Who and what one run is about; nothing of it has been used before. */
export interface Subject {
  readonly agent: string;
  readonly word: string;
  /** The task, message, portal or token that was prepared; empty when none was. */
  readonly task: string;
}

export interface WritingCommand {
  /** The operation behind it. */
  readonly operation: string;
  readonly words: (subject: Subject) => readonly string[];
  readonly prepare: (hub: Hub, subject: Subject) => Promise<Subject>;
  readonly journal: 'hub.journal' | 'workspaces/main.journal';
  /** Whether an entry of the journal is what the command was meant to do. */
  readonly effect: (line: Line, subject: Subject) => boolean;
  /** It changes what others of its kind change as well, so no two of them are tried at once. */
  readonly alone?: true;
  /** With what a repeat may be refused, which then says that nothing is left to be done. */
  readonly refusal?: ErrorCode;
}

/** What is called in nobody's name: it needs no session, or a person. */
const ofNobody = /^(?:task_add|workspace_add|token_create|principal_add|auth_enable|auth_disable)$/;

/** Calls as the subject's agent; what needs no session is called without one. */
const call = async (
  hub: Hub,
  { agent }: Subject,
  { operation, input }: { readonly operation: string; readonly input: object },
): Promise<unknown> => {
  const reply = await hub.call({
    operation,
    input,
    // As the command line speaks, so that its next process finds the session.
    caller: {
      principal: ownerPrincipal,
      role: 'admin',
      kind: 'person',
      agent: ofNobody.test(operation) ? undefined : agent,
      session: undefined,
      connection: `cli:${agent}`,
      client: 'cli',
    },
    workspace: 'main',
    requestId: undefined,
    signal: undefined,
  });
  assert(reply.ok, reply.ok ? '' : `${operation}: ${reply.message}`);
  return reply.value.value;
};

const asIs = async (_hub: Hub, subject: Subject): Promise<Subject> => subject;

const joined = async (hub: Hub, subject: Subject): Promise<Subject> => {
  await call(hub, subject, { operation: 'start', input: { agent: subject.agent } });
  return subject;
};

const added = z.object({ tasks: z.tuple([z.object({ id: z.string() })]) });

/** Two tasks that only this run looks for, so that taking a second one would be seen. */
const withTasks = async (hub: Hub, subject: Subject): Promise<Subject> => {
  await joined(hub, subject);
  const input = { title: `Prepared for ${subject.word}`, project: subject.word };
  const { tasks } = added.parse(await call(hub, subject, { operation: 'task_add', input }));
  await call(hub, subject, { operation: 'task_add', input });
  return { ...subject, task: tasks[0].id };
};

const withClaim = async (hub: Hub, subject: Subject): Promise<Subject> => {
  const prepared = await withTasks(hub, subject);
  await call(hub, subject, { operation: 'task_claim', input: { id: prepared.task } });
  return prepared;
};

const sent = z.object({ id: z.string() });

/** A message that the subject's agent is to acknowledge, in the place of the task. */
const withMessage = async (hub: Hub, subject: Subject): Promise<Subject> => {
  await joined(hub, subject);
  const input = { to: subject.agent, text: subject.word, ack_required: true };
  const { id } = sent.parse(await call(hub, subject, { operation: 'message_send', input }));
  return { ...subject, task: id };
};

const withLock = async (hub: Hub, subject: Subject): Promise<Subject> => {
  await joined(hub, subject);
  await call(hub, subject, { operation: 'lock_acquire', input: { name: subject.word } });
  return subject;
};

/** Somebody else holds the lock, and a repeat asks for it once more. */
const withLockOfOther = async (hub: Hub, subject: Subject): Promise<Subject> => {
  await withLock(hub, { ...subject, agent: `${subject.agent}-other` });
  return joined(hub, subject);
};

const withPrincipal = async (hub: Hub, subject: Subject): Promise<Subject> => {
  const input = { name: subject.word, kind: 'service', role: 'worker' };
  await call(hub, subject, { operation: 'principal_add', input });
  return subject;
};

const withToken = async (hub: Hub, subject: Subject): Promise<Subject> => {
  const token = sent.parse(await call(hub, subject, { operation: 'token_create', input: {} }));
  return { ...subject, task: token.id };
};

const made = z.object({ created_at: z.string() });

/** What the command is to change has been undone; from when on its effect counts stands in the place of the task. */
const afterCall =
  (operation: string) =>
  async (hub: Hub, subject: Subject): Promise<Subject> => {
    await call(hub, subject, { operation, input: {} });
    const token = await call(hub, subject, { operation: 'token_create', input: {} });
    return { ...subject, task: made.parse(token).created_at };
  };

const isSince = ({ time }: Line, { task }: Subject): boolean => time >= Date.parse(task);

const withWorkspace = async (hub: Hub, subject: Subject): Promise<Subject> => {
  await call(hub, subject, { operation: 'workspace_add', input: { name: subject.word } });
  return subject;
};

/** What tells a word from those of other runs. */
const numberIn = (word: string): string => word.replace(/\D/g, '');

const peerOf = ({ agent }: Pick<Subject, 'agent'>): string => `${agent}-peer`;

const withPeer = async (hub: Hub, subject: Subject): Promise<Subject> => {
  await joined(hub, { ...subject, agent: peerOf(subject) });
  return joined(hub, subject);
};

const opened = z.object({ portal: z.string() });

/** A portal in which the subject's agent was asked something. */
const withPortal = async (hub: Hub, subject: Subject): Promise<Subject> => {
  await withPeer(hub, subject);
  const input = { with: subject.agent, text: `Prepared for ${subject.word}`, kind: 'request' };
  const peer = { ...subject, agent: peerOf(subject) };
  const { portal } = opened.parse(await call(hub, peer, { operation: 'portal_open', input }));
  return { ...subject, task: portal };
};

const board = 'workspaces/main.journal';

export const writingCommands: readonly WritingCommand[] = [
  {
    operation: 'start',
    words: ({ agent }) => ['start', '--agent', agent],
    prepare: asIs,
    journal: board,
    effect: ({ type, data }, { agent }) =>
      type === 'agents.started' && data['agent'] === agent && data['resumed'] === false,
  },
  {
    operation: 'agent_update',
    words: ({ agent, word }) => ['agent', 'update', '--capabilities', word, '--agent', agent],
    prepare: joined,
    journal: board,
    effect: ({ type, data }, { agent }) => type === 'agents.updated' && data['agent'] === agent,
  },
  {
    operation: 'agent_leave',
    words: ({ agent }) => ['agent', 'leave', '--agent', agent],
    prepare: joined,
    journal: board,
    effect: ({ type, actor }, { agent }) => type === 'agents.session_ended' && actor.agent === agent,
    refusal: 'session_required',
  },
  {
    operation: 'task_add',
    words: ({ word }) => ['task', 'add', word],
    prepare: asIs,
    journal: board,
    effect: ({ type, data }, { word }) => type === 'tasks.added' && data['title'] === word,
  },
  {
    operation: 'task_claim',
    words: ({ agent, word }) => ['task', 'claim', '--project', word, '--agent', agent],
    prepare: withTasks,
    journal: board,
    effect: ({ type, data }, { agent }) => type === 'tasks.claimed' && data['agent'] === agent,
  },
  {
    operation: 'task_update',
    words: ({ agent, task, word }) => ['task', 'update', task, '--note', word, '--agent', agent],
    prepare: withClaim,
    journal: board,
    effect: ({ type, data }, { word }) => type === 'tasks.noted' && data['text'] === word,
  },
  {
    operation: 'task_release',
    words: ({ agent, task }) => ['task', 'release', task, '--agent', agent],
    prepare: withClaim,
    journal: board,
    effect: ({ type, data }, { task }) => type === 'tasks.released' && data['id'] === task,
  },
  {
    operation: 'task_done',
    words: ({ agent, task, word }) => ['task', 'done', task, '--result', word, '--agent', agent],
    prepare: withClaim,
    journal: board,
    effect: ({ type, data }, { task }) => type === 'tasks.finished' && data['id'] === task,
  },
  {
    operation: 'message_send',
    words: ({ agent, word }) => ['message', 'send', word, '--to', agent],
    prepare: joined,
    journal: board,
    effect: ({ type, data }, { word }) => type === 'messages.sent' && data['text'] === word,
  },
  {
    operation: 'inbox',
    words: ({ agent, task }) => ['inbox', '--ack', task, '--agent', agent],
    prepare: withMessage,
    journal: board,
    effect: ({ type, data }, { agent }) => type === 'messages.acknowledged' && data['agent'] === agent,
  },
  {
    operation: 'portal_open',
    words: ({ agent, word }) => ['portal', 'open', peerOf({ agent }), '--about', word, '--agent', agent],
    prepare: withPeer,
    journal: board,
    effect: ({ type, data }, { word }) => type === 'portals.opened' && data['about'] === word,
  },
  {
    operation: 'portal_send',
    words: ({ agent, task, word }) => ['portal', 'send', task, '--text', word, '--agent', agent],
    prepare: withPortal,
    journal: board,
    effect: ({ type, data }, { word }) => type === 'portals.said' && data['text'] === word,
  },
  {
    operation: 'portal_read',
    words: ({ agent, task }) => ['portal', 'read', task, '--agent', agent],
    prepare: withPortal,
    journal: board,
    effect: ({ type, data }, { task }) => type === 'portals.read' && data['portal'] === task,
  },
  {
    operation: 'portal_reply',
    words: ({ agent, task, word }) => [
      'portal',
      'reply',
      task,
      '--request',
      '1',
      '--result',
      word,
      '--agent',
      agent,
    ],
    prepare: withPortal,
    journal: board,
    effect: ({ type, data }, { task }) => type === 'portals.answered' && data['portal'] === task,
  },
  {
    operation: 'portal_close',
    words: ({ agent, task }) => ['portal', 'close', task, '--agent', agent],
    prepare: withPortal,
    journal: board,
    effect: ({ type, data }, { task }) => type === 'portals.closed' && data['portal'] === task,
  },
  {
    operation: 'lock_acquire',
    words: ({ agent, word }) => ['lock', 'acquire', word, '--agent', agent],
    prepare: joined,
    journal: board,
    effect: ({ type, data }, { agent }) => type === 'leases.acquired' && data['agent'] === agent,
  },
  {
    operation: 'lock_renew',
    words: ({ agent, word }) => ['lock', 'renew', word, '--ttl', '600', '--agent', agent],
    prepare: withLock,
    journal: board,
    effect: ({ type, data }, { word }) => type === 'leases.renewed' && data['lock'] === word.toLowerCase(),
  },
  {
    operation: 'lock_release',
    words: ({ agent, word }) => ['lock', 'release', word, '--agent', agent],
    prepare: withLock,
    journal: board,
    effect: ({ type, data }, { agent }) => type === 'leases.released' && data['agent'] === agent,
  },
  {
    operation: 'lock_break',
    words: ({ agent, word }) => ['lock', 'break', word, '--reason', word, '--agent', agent],
    prepare: withLockOfOther,
    journal: board,
    effect: ({ type, data }, { word }) => type === 'leases.asked' && data['reason'] === word,
  },
  {
    operation: 'lock_alias',
    words: ({ agent, word }) => ['lock', 'alias', word, '--target', `${word}-target`, '--agent', agent],
    prepare: joined,
    journal: board,
    effect: ({ type, data }, { word }) => type === 'leases.aliased' && data['alias'] === word.toLowerCase(),
  },
  {
    operation: 'workspace_add',
    words: ({ word }) => ['workspace', 'add', word],
    prepare: asIs,
    journal: 'hub.journal',
    effect: ({ type, data }, { word }) => type === 'workspaces.registered' && data['name'] === word,
  },
  {
    operation: 'workspace_rename',
    words: ({ word }) => ['workspace', 'rename', word, '--to', `${word}-renamed`],
    prepare: withWorkspace,
    journal: 'hub.journal',
    effect: ({ type, data }, { word }) => type === 'workspaces.renamed' && data['to'] === `${word}-renamed`,
  },
  {
    operation: 'workspace_quota',
    words: ({ word }) => ['workspace', 'quota', word, '--writes-per-minute', '77'],
    prepare: withWorkspace,
    journal: 'hub.journal',
    effect: ({ type, data }, { word }) => type === 'workspaces.quota_set' && data['name'] === word,
  },
  {
    operation: 'auth_enable',
    words: () => ['auth', 'enable'],
    prepare: afterCall('auth_disable'),
    alone: true,
    journal: 'hub.journal',
    effect: (line, subject) => line.type === 'access.enabled' && isSince(line, subject),
  },
  {
    operation: 'auth_disable',
    words: () => ['auth', 'disable'],
    prepare: afterCall('auth_enable'),
    alone: true,
    journal: 'hub.journal',
    effect: (line, subject) => line.type === 'access.disabled' && isSince(line, subject),
  },
  {
    operation: 'principal_add',
    words: ({ word }) => ['principal', 'add', word, '--kind', 'service', '--role', 'worker'],
    prepare: asIs,
    journal: 'hub.journal',
    effect: ({ type, data }, { word }) => type === 'access.principal_added' && data['name'] === word,
  },
  {
    operation: 'principal_remove',
    words: ({ word }) => ['principal', 'remove', word],
    prepare: withPrincipal,
    journal: 'hub.journal',
    effect: ({ type, data }, { word }) => type === 'access.principal_removed' && data['name'] === word,
  },
  {
    operation: 'token_create',
    words: ({ word }) => ['token', 'create', word],
    prepare: asIs,
    journal: 'hub.journal',
    effect: ({ type, data }, { word }) => type === 'access.token_created' && data['label'] === word,
  },
  {
    operation: 'token_refresh',
    words: ({ task }) => ['token', 'refresh', task],
    prepare: withToken,
    journal: 'hub.journal',
    effect: ({ type, data }, { task }) => type === 'access.token_refreshed' && data['id'] === task,
  },
  {
    operation: 'token_revoke',
    words: ({ task }) => ['token', 'revoke', task],
    prepare: withToken,
    journal: 'hub.journal',
    effect: ({ type, data }, { task }) => type === 'access.token_revoked' && data['id'] === task,
  },
  {
    operation: 'rate_limit_update',
    words: ({ word }) => ['rate', 'limit-update', '--burst', numberIn(word)],
    prepare: asIs,
    journal: 'hub.journal',
    effect: ({ type, data }, { word }) =>
      type === 'access.limits_changed' && String(data['burst']) === numberIn(word),
  },
  {
    operation: 'mode_set',
    words: ({ word }) => ['call', 'mode_set', JSON.stringify({ mode: 'minimal', workspace: word })],
    prepare: withWorkspace,
    journal: 'hub.journal',
    effect: ({ type, data }, { word }) => type === 'workspaces.mode_set' && data['name'] === word,
  },
];
