import { type Json, type JsonObject, isObject } from '../json.ts';

/**
 * What a list of tools leaves out of a schema: limits cost every model tokens with every list, and are told to the one
 * that passes them, by the check at the edge. Titles say in help what a model knows from the name of a member.
 */
const unlisted: ReadonlySet<string> = new Set([
  'title',
  'pattern',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'propertyNames',
]);

/** A schema as a list of tools shows it. Whatever fits the full schema in the shape that is shown here is accepted. */
export const slimSchema = (schema: JsonObject): JsonObject => {
  const slim: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (unlisted.has(keyword)) continue;
    if (keyword === 'properties' && isObject(value)) {
      const properties = Object.entries(value).map(([name, field]) => [name, slimPart(field)] as const);
      slim[keyword] = Object.fromEntries(properties);
    } else if (keyword === 'additionalProperties') {
      // That nothing else is taken the check says; that anything is, nobody needs to know.
      if (isObject(value) && Object.keys(value).length > 0) slim[keyword] = slimSchema(value);
    } else if (keyword === 'anyOf' && Array.isArray(value)) {
      Object.assign(slim, merged(value.map(slimPart)));
    } else {
      slim[keyword] = keyword === 'items' ? slimPart(value) : value;
    }
  }
  return slim;
};

const slimPart = (part: Json): Json => (isObject(part) ? slimSchema(part) : part);

/**
 * A list where one of its items will do as well. Other alternatives stay: to say with a list of types that something
 * may be null would be shorter, but clients that know one type for each thing drop it or refuse the tool.
 */
const merged = (options: Json[]): JsonObject => {
  const [one, other] = options;
  return options.length === 2 &&
    isObject(one) &&
    isObject(other) &&
    other['type'] === 'array' &&
    JSON.stringify(other['items']) === JSON.stringify(one)
    ? other
    : { anyOf: options };
};
