import type { SavedRow } from '../../kernel/area.ts';
import { present } from '../../kernel/assert.ts';
import { type AccessSlice, type Principal, type Token, initialAccess } from './model.ts';

type Part =
  | { readonly part: 'principal'; readonly row: Principal }
  | { readonly part: 'token'; readonly row: Token }
  | { readonly part: 'enabled'; readonly row: boolean };

const parts: readonly string[] = ['principal', 'token', 'enabled'] satisfies readonly Part['part'][];

export function* save(slice: AccessSlice): Iterable<Part> {
  for (const row of slice.principals.values()) yield { part: 'principal', row };
  for (const row of slice.tokens.values()) yield { part: 'token', row };
  yield { part: 'enabled', row: slice.enabled };
}

/** The slice in bulk form, as replay goes on with it. JSON knows no `undefined`; a loaded row has all members again. */
export const load = (rows: Iterable<SavedRow>): AccessSlice => {
  let principals = initialAccess.principals.bulk();
  let tokens = initialAccess.tokens.bulk();
  let { enabled } = initialAccess;
  for (const saved of rows) {
    const { part, row } = present(asPart(saved), 'a snapshot holds the parts that its version writes');
    if (part === 'principal') principals = principals.put({ ...row, removedAt: row.removedAt });
    else if (part === 'enabled') enabled = row;
    else
      tokens = tokens.put({
        ...row,
        agent: row.agent,
        expiresAt: row.expiresAt,
        lastUsedAt: row.lastUsedAt,
        revokedAt: row.revokedAt,
      });
  }
  return { principals, tokens, enabled };
};

const asPart = (saved: SavedRow): Part | undefined => (isPart(saved) ? saved : undefined);

const isPart = (saved: SavedRow): saved is Part => parts.includes(saved.part);
