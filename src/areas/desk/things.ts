import type { AreaName, Slices } from '../../kernel/slices.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import type { Facts } from '../../kernel/operation.ts';
import { isName } from '../../kernel/names.ts';
import { newest } from '../../kernel/trail.ts';
import { readLockName, resolved } from '../leases/model/index.ts';

/** What somebody asks about, and where entries about it are. */
export interface Thing {
  readonly kind: 'task' | 'message' | 'portal' | 'agent' | 'lock';
  readonly area: AreaName;
  /** As entries name it. */
  readonly ref: string;
  /**
   * All entries about it, newest first, where the state knows them; else where they can be: none is before `first`,
   * and all behind that have to be looked at.
   */
  readonly entries: { readonly seqs: readonly Seq[] } | { readonly first: Seq };
}

const numberedPattern = /^([tmp])-([1-9]\d{0,15})$/i;

/** DE22: a task, message or portal by its id, an agent by its name, else a lock. */
export const thingNamed = (
  slices: Slices,
  name: string,
  { head, actor: { agent } }: Pick<Facts, 'head' | 'actor'>,
): Outcome<Thing> => {
  const id = numberedPattern.test(name) ? name.toUpperCase() : name;
  const task = slices.tasks.tasks.get(id);
  if (task !== undefined) {
    const seqs = newest(task.trail, task.trail.size);
    return ok({ kind: 'task', area: 'tasks', ref: task.id, entries: { seqs } });
  }
  const portal = slices.portals.portals.get(id);
  if (portal !== undefined && (agent === portal.opener.agent || agent === portal.invited.agent)) {
    const seqs = portal.items.map(({ seq }) => seq).toReversed();
    return ok({ kind: 'portal', area: 'portals', ref: portal.id, entries: { seqs } });
  }
  const [, letter, number] = numberedPattern.exec(id) ?? [];
  if (letter === 'M' && Number(number) <= head)
    return ok({ kind: 'message', area: 'messages', ref: id, entries: { first: Number(number) } });
  if (letter !== undefined) return unknown(id);
  if (slices.agents.agents.get(name) !== undefined)
    return ok({ kind: 'agent', area: 'agents', ref: name, entries: { first: 1 } });
  const lock = readLockName(name);
  return lock.ok
    ? ok({
        kind: 'lock',
        area: 'leases',
        ref: resolved(slices.leases, lock.lock.text),
        entries: { first: 1 },
      })
    : unknown(name);
};

const tokenIdPattern = /^tk_[0-9a-z]{10}$/;

/** What the caller may not read is answered as if it were not there; what another operation tells of is said to be there. */
export const unknown = (name: string): Outcome<never> => {
  const what = tokenIdPattern.test(name)
    ? `${name} is the id of a token, of which why does not tell. Call audit_query ${JSON.stringify({ of: 'hub', token_id: name })} for what was done with it or to it.`
    : `There is nothing called ${JSON.stringify(name)} here that you may see. Name a task (T-1), message (M-1), portal (P-1), agent or a lock that was held.${principalWords(name)}`;
  return refuse('not_found', what, { ref: name });
};

/** The workspace does not know whose names these are: the hub does. */
const principalWords = (name: string): string =>
  numberedPattern.test(name) || !isName(name)
    ? ''
    : ` If it is a principal: audit_query ${JSON.stringify({ of: 'hub', ref: name })} tells what was done to their access, audit_query ${JSON.stringify({ of: 'hub', principal: name })} what they did.`;
