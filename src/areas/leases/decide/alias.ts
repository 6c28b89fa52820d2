import { type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { holdsInTheWay, last, waitsInTheWay } from '../model/conflicts.ts';
import { type Alias, type LeasesSlice, onlyPartition } from '../model/lease.ts';
import { aliasesMax } from '../model/limits.ts';
import { fileKind, inOneLine, segmentsOf, wholesOf } from '../model/names.ts';
import type { AliasCommand, LeasesDecision, Yard } from './commands.ts';
import { leaseWords, limitPassed } from './refusals.ts';

/** LE36 to LE39. Without a target nothing is changed: the call looks aliases up. */
export const alias = (yard: Yard, { name, target }: AliasCommand): LeasesDecision => {
  if (name === undefined || target === undefined) return ok([]);
  const { leases } = yard;
  const before = leases.aliases.get(name);
  if (target === null) {
    if (before === undefined) {
      return refuse('not_found', `${name} is no alias. See those there are with lock_alias without a name.`, {
        name,
      });
    }
    return (
      refuseInUse(yard, [name, before.target]) ?? ok([{ type: 'leases.unaliased', data: { alias: name } }])
    );
  }
  if (before?.target === target) return ok([]);
  const refusal =
    refuseChain(leases, name, target) ??
    refuseInUse(yard, [name, target, ...(before === undefined ? [] : [before.target])]);
  if (refusal !== undefined) return refusal;
  return before === undefined && leases.aliases.size >= aliasesMax
    ? limitPassed(`A workspace has at most ${aliasesMax} aliases. Remove one first.`, aliasesMax)
    : ok([{ type: 'leases.aliased', data: { alias: name, target } }]);
};

/** Of what a name is a part, if that can be held without naming it. */
const lyingIn = (name: string): string | undefined => {
  const segments = segmentsOf(name);
  if (segments[0] === fileKind) return 'in a folder, perhaps in globs as well';
  const [whole] = wholesOf(segments);
  return whole && `a part of ${whole}`;
};

/** LE51 */
const refusePart = (name: string, target: string): Refusal | undefined => {
  const why = lyingIn(name);
  if (why === undefined) return undefined;
  const next =
    lyingIn(target) === undefined
      ? `Let ${target} stand for ${name} instead.`
      : 'Use one of the two names for both, or a third one that stands for nothing yet.';
  return refuse(
    'invalid_input',
    `${name} is ${why}, and whoever holds that would not hold ${target}. ${next}`,
    { name, target },
  );
};

const refuseChain = (slice: LeasesSlice, name: string, target: string): Refusal | undefined => {
  if (name === target) {
    return refuse('invalid_input', `${name} cannot stand for itself. Name another lock as target.`, { name });
  }
  if (inOneLine(name, target)) {
    return refuse(
      'invalid_input',
      `${name} and ${target} are a whole and its part, and cannot stand for each other. Name another lock as target.`,
      { name, target },
    );
  }
  const part = refusePart(name, target);
  if (part !== undefined) return part;
  for (const { alias: other, target: of } of slice.aliases.scan('all', onlyPartition)) {
    if (other !== name && inOneLine(other, target)) {
      return refuse(
        'invalid_state',
        other === target
          ? `${target} is an alias itself, of ${of}, and aliases do not lead on. Give ${of} as target.`
          : `${other} is an alias, of ${of}, and aliases do not lead on, nor do their parts and wholes. Remove it, or give another target.`,
        { target, of },
      );
    }
  }
  const leading = aliasTo(slice, name);
  return (
    leading &&
    refuse(
      'invalid_state',
      `The alias ${leading.alias} leads to ${leading.target}, and aliases do not lead on. Remove it, or let it lead to ${target}.`,
      { alias: leading.alias, target: leading.target },
    )
  );
};

const aliasTo = (slice: LeasesSlice, target: string): Alias | undefined => {
  for (const one of slice.aliases.scan('all', onlyPartition)) if (inOneLine(one.target, target)) return one;
  return undefined;
};

/** LE38: a lock that somebody holds or waits for would become another one under their hands. */
const refuseInUse = (yard: Yard, names: readonly string[]): Refusal | undefined => {
  const { leases } = yard;
  for (const lock of names) {
    const claim = { lock, mode: 'exclusive' } as const;
    for (const lease of holdsInTheWay(leases, claim, undefined)) {
      return refuse(
        'held',
        `${leaseWords(yard, lease)}, and what a name stands for changes only while nobody holds it or a part of it. Call again when it is free.`,
        { lock, holder: lease.holder },
      );
    }
    for (const wait of waitsInTheWay(leases, claim, { session: undefined, before: last })) {
      return refuse('held', `Somebody waits for ${wait.lock}. Call again when nobody does.`, { lock });
    }
  }
  return undefined;
};
