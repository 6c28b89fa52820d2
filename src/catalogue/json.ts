import { isRecord } from '../kernel/json.ts';

/** What JSON can hold; mutable, because the libraries that take it say so. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

export interface JsonObject {
  [member: string]: Json;
}

export const isObject = (value: Json | undefined): value is JsonObject => isRecord(value);
