import { defineArea } from '../../kernel/area.ts';
import { account } from './account.ts';
import { type AccessCommand, decide } from './decide/index.ts';
import { evolve } from './evolve.ts';
import type { AccessEvent } from './model.ts';
import { load, save } from './saved.ts';

export const accessArea = defineArea<'access', 'workspaces', AccessCommand, AccessEvent>({
  name: 'access',
  stateVersion: 3,
  reads: ['workspaces'],
  events: {
    'access.principal_added': {
      version: 1,
      personal: ['note'],
      meaning: 'Somebody may have tokens from now on: a person, a service or an agent.',
    },
    'access.principal_removed': {
      version: 1,
      personal: [],
      meaning: 'Somebody may have tokens no longer.',
    },
    'access.token_created': {
      version: 1,
      personal: ['label'],
      meaning: 'A token was made; of its secret only the hash is known.',
    },
    'access.token_refreshed': {
      version: 1,
      personal: [],
      meaning: 'A token got another secret; the one before is void.',
    },
    'access.token_revoked': {
      version: 1,
      personal: ['reason'],
      meaning: 'A token is void.',
    },
    'access.limits_changed': {
      version: 1,
      personal: [],
      meaning: 'Other rate limits hold for everybody.',
    },
    'access.enabled': {
      version: 1,
      personal: [],
      meaning: 'The hub asks who calls from now on, however it is started.',
    },
    'access.disabled': {
      version: 1,
      personal: [],
      meaning: 'Whether the hub asks who calls is said by its start again.',
    },
    'access.used': {
      version: 1,
      personal: [],
      meaning: 'When tokens were last used; at most once a minute.',
    },
    'access.denied': {
      version: 1,
      personal: ['network'],
      meaning: 'Somebody was denied something, so many times in a minute.',
    },
    'subject.erased': {
      version: 1,
      personal: [],
      meaning:
        'The keys of what somebody wrote are destroyed: it says nothing any more, wherever it is shown.',
    },
  },
  decide,
  evolve,
  account,
  erases: (entry) => (entry.type === 'subject.erased' ? entry.data.keys : []),
  findable: ({ data }) => ('id' in data ? { ref: data.id } : 'name' in data ? { ref: data.name } : undefined),
  bulk: ({ principals, tokens, ...rest }) => ({
    ...rest,
    principals: principals.bulk(),
    tokens: tokens.bulk(),
  }),
  settle: ({ principals, tokens, ...rest }) => ({
    ...rest,
    principals: principals.settle(),
    tokens: tokens.settle(),
  }),
  save,
  load,
});
