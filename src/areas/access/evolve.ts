import { never } from '../../kernel/assert.ts';
import type { AccessEntry, AccessSlice, Token } from './model.ts';

export function evolve(slice: AccessSlice, entry: AccessEntry): AccessSlice {
  switch (entry.type) {
    case 'access.principal_added': {
      const { name, kind, role, note = '' } = entry.data;
      const added = {
        name,
        kind,
        role,
        note,
        createdAt: entry.time,
        createdBy: entry.actor.principal,
        removedAt: undefined,
        number: entry.seq,
      };
      return { ...slice, principals: slice.principals.put(added) };
    }
    case 'access.principal_removed': {
      const known = slice.principals.get(entry.data.name);
      return known === undefined
        ? slice
        : { ...slice, principals: slice.principals.put({ ...known, removedAt: entry.time }) };
    }
    case 'access.token_created':
      return withCreated(slice, entry);
    case 'access.token_refreshed': {
      const { id, hash, expiresAt } = entry.data;
      return changed(slice, id, { hash, expiresAt, issuedAt: entry.time });
    }
    case 'access.token_revoked':
      return changed(slice, entry.data.id, { revokedAt: entry.time });
    case 'access.limits_changed': {
      const { profile, classes, burst } = entry.data;
      const changedBy = { at: entry.time, by: entry.actor.principal };
      return { ...slice, rates: { profile, classes, burst, changed: changedBy } };
    }
    case 'access.enabled':
      return { ...slice, enabled: true };
    case 'access.disabled':
      return { ...slice, enabled: false };
    case 'access.used':
      return entry.data.tokens.reduce((next, { id, at }) => changed(next, id, { lastUsedAt: at }), slice);
    case 'access.denied':
      // For who reads the journal: what is denied has no end, so the state knows nothing of it.
      return slice;
    case 'subject.erased':
      // No record says whose text it has, so the engine folds anew, with the keys gone: see `engine/forgetting.ts`.
      return slice;
    default:
      return never(entry);
  }
}

const withCreated = (
  slice: AccessSlice,
  { data, time, actor, seq }: Extract<AccessEntry, { readonly type: 'access.token_created' }>,
): AccessSlice => {
  const { forgets = [], agent, expiresAt, ...rest } = data;
  let { tokens } = slice;
  for (const id of forgets) tokens = tokens.remove(id);
  tokens = tokens.put({
    ...rest,
    agent,
    expiresAt,
    createdAt: time,
    createdBy: actor.principal,
    issuedAt: time,
    lastUsedAt: undefined,
    revokedAt: undefined,
    number: seq,
  });
  return { ...slice, tokens };
};

const changed = (slice: AccessSlice, id: string, change: Partial<Token>): AccessSlice => {
  const known = slice.tokens.get(id);
  return known === undefined ? slice : { ...slice, tokens: slice.tokens.put({ ...known, ...change }) };
};
