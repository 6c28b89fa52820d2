import { z } from 'zod';
import type { Seq } from '../../../kernel/entry.ts';
import { nameLengthMax, namePattern } from '../../../kernel/names.ts';

const idCharactersMax = 20;

/** `M-12`, in either case. */
export const messageIdSchema = z
  .string()
  .max(idCharactersMax)
  .overwrite((id) => id.toUpperCase())
  .regex(/^M-[1-9]\d{0,15}$/, 'a message is named like M-12');

/** A message, or `all`. */
export const messageIdOrAllSchema = z
  .string()
  .max(idCharactersMax)
  .overwrite((id) => (id === 'all' ? id : id.toUpperCase()))
  .regex(/^(?:all|M-[1-9]\d{0,15})$/, 'a message is named like M-12; all are named all');

/** The number in a checked id. */
export const seqOf = (id: string): Seq => Number(id.slice('M-'.length));

/** A name, without the ends of the line. */
const nameSource = namePattern.source.slice(1, -1);

/** ME1: an agent, `everyone`, or what agents have in common. */
export const addressSchema = z
  .string()
  .max('capability:'.length + nameLengthMax)
  .regex(
    new RegExp(String.raw`^(?!.*\.\.)(?:(?:capability|role):)?${nameSource}$`),
    'an address is an agent, capability:<c>, role:<r> or everyone',
  );
