import { never } from '../../kernel/assert.ts';
import type { EntryOf } from '../../kernel/entry.ts';
import type { TasksEvent } from './model/events.ts';
import { readyKey } from './model/task.ts';

/** TA52: who may have waited for an entry. */
export const concerns = (entry: EntryOf<TasksEvent>): readonly string[] => {
  switch (entry.type) {
    case 'tasks.added':
    case 'tasks.unblocked':
    case 'tasks.reopened':
    case 'tasks.released':
      return [`task:${entry.data.id}`, readyKey];
    case 'tasks.ticked':
    case 'tasks.submitted':
    case 'tasks.resumed':
      return [`task:${entry.data.id}`];
    case 'tasks.noted':
      return [`task:${entry.data.id}`, ...agentKey(entry.data.holder)];
    case 'tasks.edited': {
      const { id, holder, dependsOn, requires, files } = entry.data;
      const frees = dependsOn !== undefined || requires !== undefined || files !== undefined;
      return [`task:${id}`, ...agentKey(holder), ...(frees ? [readyKey] : [])];
    }
    case 'tasks.blocked':
      return [`task:${entry.data.id}`, ...agentKey(entry.data.holder), readyKey];
    case 'tasks.claimed':
      return [`task:${entry.data.id}`, ...agentKey(entry.data.from?.agent)];
    case 'tasks.cancelled': {
      const { id, holder, flags = [] } = entry.data;
      return [...[id, ...flags].map((one) => `task:${one}`), ...agentKey(holder), readyKey];
    }
    case 'tasks.finished': {
      const { id, frees = [] } = entry.data;
      return [...[id, ...frees].map((one) => `task:${one}`), readyKey];
    }
    case 'tasks.expired': {
      const { agent, released } = entry.data;
      return [...released.map(({ id }) => `task:${id}`), `agent:${agent}`, readyKey];
    }
    default:
      return never(entry);
  }
};

const agentKey = (agent: string | undefined): string[] => (agent === undefined ? [] : [`agent:${agent}`]);
