import type { Description } from '../../catalogue/description.ts';
import { type Json, type JsonObject, isObject } from '../../catalogue/json.ts';
import type { DescribedOperation } from '../../kernel/operation.ts';
import type { KnownFlag } from './flags.ts';

/** How a member of an input is written as text. */
export type Shape =
  /** Text that fits the regular expression, if there is one. */
  | { readonly kind: 'text'; readonly placeholder: string; readonly pattern: string | undefined }
  /** A number, or one of the words that may stand for one. */
  | { readonly kind: 'number'; readonly whole: boolean; readonly words: readonly string[] }
  | { readonly kind: 'yes-no' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'list'; readonly of: Shape; readonly mayBeEmpty: boolean }
  | { readonly kind: 'map'; readonly nullable: boolean }
  | { readonly kind: 'json' };

/** A member of the input of an operation, and the flag that carries it. */
export interface Field {
  readonly member: string;
  readonly flag: string;
  readonly shape: Shape;
  /** Whether null is a value, and clears it. */
  readonly nullable: boolean;
  readonly required: boolean;
  /** Whether the words behind the command fill it. */
  readonly positional: boolean;
  /** Whether there may be an earlier value, for which an empty list is put in. */
  readonly replaces: boolean;
  readonly meaning: string;
}

/** What an operation takes on the command line, in the order of its schema. */
export const fieldsOf = (catalogue: Description, operation: DescribedOperation): readonly Field[] => {
  const { properties, required } = catalogue.inputSchemaOf(operation);
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(isObject(properties) ? properties : {}).map(([member, schema]) => ({
    member,
    flag: flagOf(member),
    ...shapeIn(isObject(schema) ? schema : {}, member),
    replaces: !makesNew(operation),
    required: needed.includes(member),
    positional: operation.positional === member,
    meaning: meaningIn(schema),
  }));
};

/** What is new has no lists that could be emptied. */
const makesNew = ({ name }: DescribedOperation): boolean => name.endsWith('_add');

const flagOf = (member: string): string => member.replaceAll('_', '-');

/** The flag of a field, as the line is read. */
export const knownFlag = ({ flag, shape, nullable, meaning, replaces }: Field): KnownFlag => {
  const choices = choicesIn(shape);
  const placeholder = placeholderOf(shape);
  const all = placeholder === manyChoices ? [choices?.join(', ') ?? ''] : [];
  return {
    name: flag,
    placeholder,
    meaning: [meaning, ...all].filter((part) => part !== '').join('; '),
    ...(choices !== undefined && { choices }),
    ...((shape.kind === 'list' || shape.kind === 'map') && { many: true }),
    ...((nullable || shape.kind === 'yes-no' || (shape.kind === 'list' && shape.mayBeEmpty && replaces)) && {
      no: true,
    }),
  };
};

const choicesIn = (shape: Shape): readonly string[] | undefined => {
  const one = shape.kind === 'list' ? shape.of : shape;
  if (one.kind === 'choice') return one.choices;
  return one.kind === 'number' && one.words.length > 0 ? one.words : undefined;
};

const choicesShownMax = 40;
const manyChoices = 'CHOICE';

const placeholderOf = (shape: Shape): string | undefined => {
  switch (shape.kind) {
    case 'text':
      return shape.placeholder;
    case 'number':
      return ['N', ...shape.words].join('|');
    case 'yes-no':
      return undefined;
    case 'choice': {
      const all = shape.choices.join('|');
      return all.length > choicesShownMax ? manyChoices : all;
    }
    case 'list':
      return placeholderOf(shape.of) ?? 'WORD';
    case 'map':
      return 'KEY=VALUE';
    case 'json':
      return 'JSON';
  }
};

/** A title is for people: tools do not list it. Where there is none, a description says as much. */
const meaningIn = (schema: Json | undefined): string => {
  if (!isObject(schema)) return '';
  const { title, description, default: usual, minimum, maximum } = schema;
  const text = title ?? description;
  const range =
    typeof minimum === 'number' && typeof maximum === 'number' ? [`${minimum} to ${maximum}`] : [];
  return [
    ...(typeof text === 'string' ? [text] : []),
    // What describes the number well says its bounds itself.
    ...(typeof description === 'string' ? [] : range),
    ...(usual === undefined ? [] : [`default ${JSON.stringify(usual)}`]),
  ].join('; ');
};

interface Shaped {
  readonly shape: Shape;
  readonly nullable: boolean;
}

const shapeIn = (schema: JsonObject, member: string): Shaped => {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf)) return { shape: shapeOf(schema, member), nullable: false };
  const ways = anyOf.filter(isObject);
  const values = ways.filter(({ type }) => type !== 'null');
  // One or a list of the same: a list of one says as much.
  const list = values.find(({ type }) => type === 'array');
  return {
    shape: list === undefined ? unionOf(values, member) : shapeOf(list, member),
    nullable: values.length < ways.length,
  };
};

/** What a text cannot be misread as: words, a number or words, or a single thing; of anything else the JSON. */
const unionOf = (values: readonly JsonObject[], member: string): Shape => {
  const shapes = values.map((value) => shapeOf(value, member));
  const [first, second] = shapes;
  if (first !== undefined && second === undefined) return first;
  const words = shapes.flatMap((shape) => (shape.kind === 'choice' ? shape.choices : []));
  const others = shapes.filter(({ kind }) => kind !== 'choice');
  const [other] = others;
  if (other === undefined && words.length > 0) return { kind: 'choice', choices: words };
  return other?.kind === 'number' && others.length === 1 ? { ...other, words } : { kind: 'json' };
};

const shapeOf = (schema: JsonObject, member: string): Shape => {
  const { type, const: only, enum: values, items, additionalProperties, properties } = schema;
  if (Array.isArray(values)) return { kind: 'choice', choices: values.map(String) };
  if (typeof only === 'string') return { kind: 'choice', choices: [only] };
  if (type === 'boolean') return { kind: 'yes-no' };
  if (type === 'integer' || type === 'number')
    return { kind: 'number', whole: type === 'integer', words: [] };
  if (type === 'string') {
    const { pattern } = schema;
    return {
      kind: 'text',
      placeholder: textPlaceholder(schema, member),
      pattern: typeof pattern === 'string' ? pattern : undefined,
    };
  }
  if (type === 'array' && isObject(items)) {
    const of = shapeOf(items, member);
    return of.kind === 'text' || of.kind === 'number' || of.kind === 'choice'
      ? { kind: 'list', of, mayBeEmpty: !(typeof schema['minItems'] === 'number' && schema['minItems'] > 0) }
      : { kind: 'json' };
  }
  return type === 'object' && properties === undefined && isObject(additionalProperties)
    ? mapOf(additionalProperties)
    : { kind: 'json' };
};

const mapOf = (values: JsonObject): Shape => {
  const { shape, nullable } = shapeIn(values, 'value');
  return shape.kind === 'text' ? { kind: 'map', nullable } : { kind: 'json' };
};

const textPlaceholder = ({ format, maxLength, pattern }: JsonObject, member: string): string => {
  if (format === 'date-time') return 'TIME';
  const known = placeholders.get(member);
  if (known !== undefined) return known;
  return typeof pattern === 'string' || (typeof maxLength === 'number' && maxLength <= nameCharactersMax)
    ? 'NAME'
    : 'TEXT';
};

/** What stands for members that are neither names nor free text. */
const placeholders: ReadonlyMap<string, string> = new Map([
  ['id', 'ID'],
  ['parent', 'ID'],
  ['depends_on', 'ID'],
  ['reply_to', 'ID'],
  ['ack', 'ID'],
  ['session', 'HANDLE'],
  ['cursor', 'CURSOR'],
  ['since', 'CURSOR'],
  ['query', 'WORDS'],
]);

/** What may be no longer than this is a name. */
const nameCharactersMax = 64;
