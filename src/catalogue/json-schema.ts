import { z } from 'zod';
import { isRecord } from '../kernel/json.ts';
import { type Json, type JsonObject, isObject } from './json.ts';

/**
 * A zod schema as JSON Schema 2020-12, without what the generator adds and nobody needs: `$schema`, the bounds of safe
 * integers, and the remark that the names of members are strings.
 */
export const jsonSchemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
  const generated = jsonOf(z.toJSONSchema(schema, { io, target: 'draft-2020-12' }), isNoise);
  return isObject(generated) ? generated : {};
};

type Omit = (member: string, value: unknown) => boolean;

/** A value as JSON carries it, without the members that `omit` picks out. */
export const jsonOf = (value: unknown, omit: Omit = () => false): Json => {
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, omit));
  if (!isRecord(value)) return isPlain(value) ? value : null;
  const kept = Object.entries(value).filter(([member, item]) => item !== undefined && !omit(member, item));
  return Object.fromEntries(kept.map(([member, item]) => [member, jsonOf(item, omit)]));
};

const isPlain = (value: unknown): value is string | number | boolean | null =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const isNoise: Omit = (keyword, value) => {
  switch (keyword) {
    case '$schema':
      return typeof value === 'string';
    case 'minimum':
      return value === Number.MIN_SAFE_INTEGER;
    case 'maximum':
      return value === Number.MAX_SAFE_INTEGER;
    case 'propertyNames':
      return isRecord(value) && Object.keys(value).length === 1 && value['type'] === 'string';
    default:
      return false;
  }
};
