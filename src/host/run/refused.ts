import { z } from 'zod';
import { writtenDescription } from '../../catalogue/written-description.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { secondMs } from '../../kernel/instants.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { type Failure, failWith } from '../commands/failure.ts';
import type { Asked } from './asked.ts';

/** The flags behind the members of the calls that are made here. */
const flags: ReadonlyMap<string, string> = new Map([
  ['name', '--lock'],
  ['mode', '--mode'],
  ['wait_ms', '--wait-ms'],
  ['agent', '--agent'],
]);

const issuesIn = z.object({ issues: z.array(z.object({ at: z.string(), message: z.string() })) });
const limitsIn = z.object({ min: z.number(), max: z.number() });

/** A refusal of the lock in the words of this command: nobody has typed the calls that it makes. */
export const inOwnWords = (refusal: Refusal, { ttlMs }: Asked): Failure =>
  failWith(refusal.code === 'invalid_input' ? ofFlags(refusal, ttlMs) : refusal, {
    catalogue: writtenDescription(),
    uncertain: false,
    members: [...flags.keys()],
  });

/** With a ttl that fits the limits of the hub, when that refused the usual one, which nobody has asked for. */
export const withinLimits = (asked: Asked, { details }: Refusal): Asked | undefined => {
  const limits = limitsIn.safeParse(details);
  if (asked.isTtlSaid || !limits.success) return undefined;
  const { min, max } = limits.data;
  return { ...asked, ttlMs: Math.min(Math.max(asked.ttlMs, min * secondMs), max * secondMs) };
};

const ofFlags = (refusal: Refusal, ttlMs: number): Refusal => {
  const { code, details } = refusal;
  const help = seeHelp({ command: 'run' });
  const limits = limitsIn.safeParse(details);
  if (limits.success) {
    const { min, max } = limits.data;
    return refuse(code, `--ttl is ${min} to ${max} seconds, and not ${ttlMs / secondMs}.${help}`, details);
  }
  const found = issuesIn.safeParse(details);
  if (!found.success) return refusal;
  const faults = found.data.issues.map(({ at, message }) => `${flags.get(at) ?? at}: ${message}`);
  return refuse(code, `${faults.join('; ')}.${help}`, details);
};
