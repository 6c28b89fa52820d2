import type { SavedRow } from '../../kernel/area.ts';
import { present } from '../../kernel/assert.ts';
import { type Portal, type PortalRequest, type PortalsSlice, initialPortals } from './model/portal.ts';

type Part =
  | { readonly part: 'portal'; readonly row: Portal }
  | { readonly part: 'request'; readonly row: PortalRequest }
  | { readonly part: 'counted'; readonly row: number };

const parts: readonly string[] = ['portal', 'request', 'counted'] satisfies readonly Part['part'][];

export function* save(slice: PortalsSlice): Iterable<Part> {
  for (const row of slice.portals.values()) yield { part: 'portal', row };
  for (const row of slice.requests.values()) yield { part: 'request', row };
  yield { part: 'counted', row: slice.counted };
}

/** The slice in bulk form, as replay goes on with it. */
export const load = (rows: Iterable<SavedRow>): PortalsSlice => {
  let { portals, requests, counted } = initialPortals;
  portals = portals.bulk();
  requests = requests.bulk();
  for (const saved of rows) {
    const { part, row } = present(asPart(saved), 'a snapshot holds the parts that its version writes');
    // JSON knows no `undefined`; a loaded portal has the same members as a folded one.
    if (part === 'portal') portals = portals.put({ ...row, about: row.about });
    else if (part === 'request') requests = requests.put(row);
    else counted = row;
  }
  return { portals, requests, counted };
};

const asPart = (saved: SavedRow): Part | undefined => (isPart(saved) ? saved : undefined);

const isPart = (saved: SavedRow): saved is Part => parts.includes(saved.part);
