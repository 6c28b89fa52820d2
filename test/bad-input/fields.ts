/* The fields of an input, found in its schema, so that a new operation is tested as soon as it is there. */
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { type Json, type JsonObject, isObject } from '../../src/catalogue/json.ts';
import type { Operation } from '../../src/kernel/operation.ts';

export interface Field {
  /** Such as `task_add tasks[].labels[]`; the name of a member of a map is `{}.key`. */
  readonly label: string;
  /** The name of the member of the input, or of the object in it, that holds the value. */
  readonly member: string;
  /** Where a refusal says that the fault is. */
  readonly at: string;
  readonly isKey: boolean;
  readonly schema: JsonObject;
  /** An input that is good but for this field, which has the value. */
  readonly with: (value: unknown) => unknown;
}

type Place = Omit<Field, 'schema'>;

/** Every field of the input of an operation, the objects and lists that hold others included. */
export const fieldsOf = (catalogue: Catalogue, operation: Operation): readonly Field[] => {
  const example = operation.examples[0]?.input ?? {};
  const root: Place = {
    label: operation.name,
    member: '',
    at: '',
    isKey: false,
    with: (value) => value,
  };
  return members(catalogue.inputSchemaOf(operation), root, example);
};

const members = (schema: JsonObject, place: Place, rest: Readonly<Record<string, unknown>>): Field[] => {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).flatMap(([name, member]) =>
    fields(
      member,
      {
        label: `${place.label}${place.at === '' ? ' ' : '.'}${name}`,
        member: name,
        at: place.at === '' ? name : `${place.at}.${name}`,
        isKey: false,
        with: (value) => place.with({ ...rest, [name]: value }),
      },
      properties,
    ),
  );
};

/** `beside`: the members that stand beside this field. */
const fields = (schema: Json, place: Place, beside: JsonObject): Field[] => {
  if (!isObject(schema)) return [];
  const own = [{ ...place, schema }];
  // What fits none of several variants is at fault as a whole.
  const inVariants = variantsOf(schema).flatMap((part) =>
    [...inList(part, place, beside), ...inObject(part, place)].map((field) => ({ ...field, at: place.at })),
  );
  return [...own, ...inList(schema, place, beside), ...inObject(schema, place), ...inVariants];
};

const variantsOf = ({ anyOf }: JsonObject): readonly JsonObject[] =>
  Array.isArray(anyOf) ? anyOf.filter(isObject) : [];

const textsIn = (value: Json | undefined): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');

/** A list of anything takes, beside what it names, the members that stand beside it: so does `tasks` of task_add. */
const inList = ({ items }: JsonObject, place: Place, beside: JsonObject): Field[] => {
  if (!isObject(items)) return [];
  const one: Place = {
    ...place,
    label: `${place.label}[]`,
    at: `${place.at}.0`,
    with: (value) => place.with([value]),
  };
  const more = items['additionalProperties'];
  if (!isObject(more) || Object.keys(more).length > 0) return fields(items, one, {});
  const { [place.member]: _itself, ...others } = beside;
  return members({ ...items, properties: others }, one, requiredIn(items));
};

const requiredIn = ({ required }: JsonObject): Record<string, string> =>
  Object.fromEntries(textsIn(required).map((name) => [name, 'x']));

const inObject = (schema: JsonObject, place: Place): Field[] => {
  const { additionalProperties: value, propertyNames: key } = schema;
  const named = members(schema, place, requiredIn(schema));
  const values = isObject(value)
    ? fields(
        value,
        {
          ...place,
          label: `${place.label}{}`,
          at: `${place.at}.one`,
          with: (given) => place.with({ one: given }),
        },
        {},
      )
    : [];
  const keys = isObject(key)
    ? [
        {
          ...place,
          label: `${place.label}{}.key`,
          isKey: true,
          schema: key,
          with: (given: unknown) => place.with(Object.fromEntries([[String(given), 'x']])),
        },
      ]
    : [];
  return [...named, ...values, ...keys];
};

/** The types that a value of this field may have, in the words of JSON Schema. */
export const typesOf = ({ schema }: Field): ReadonlySet<string> =>
  new Set([schema, ...variantsOf(schema)].flatMap(({ type }) => textsIn(type)));

/** Whether a refusal that names this place is about the field. */
export const isAbout = (field: Field, at: string): boolean =>
  at === field.at || at.startsWith(`${field.at}.`);
