import { type Json, type JsonObject, isObject } from '../json.ts';

/** The type of a field in a few words, with its own limits; the schema has those of what is inside it. */
export const typeText = (schema: JsonObject): string => {
  const defaultValue = schema['default'];
  return [
    shapeOf(schema),
    ...boundsOf(schema),
    ...(defaultValue === undefined ? [] : [`default ${JSON.stringify(defaultValue)}`]),
  ].join(', ');
};

const shapeOf = (schema: Json | undefined): string => {
  if (!isObject(schema)) return 'anything';
  const { enum: values, anyOf, const: constant, type, items, properties, additionalProperties } = schema;
  if (constant !== undefined) return JSON.stringify(constant);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' or ');
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(shapeOf))].join(' or ');
  if (Array.isArray(type)) return type.filter((one) => typeof one === 'string').join(' or ');
  if (type === 'array') return `list of ${shapeOf(items)}`;
  if (type !== 'object') return typeof type === 'string' ? type : 'anything';
  if (isObject(properties)) return `{ ${Object.keys(properties).join(', ')} }`;
  return isObject(additionalProperties) ? `map to ${shapeOf(additionalProperties)}` : 'object';
};

const boundsOf = ({ minimum, maximum, maxLength, maxItems }: JsonObject): readonly string[] => {
  const range = [
    ...(typeof minimum === 'number' ? [`from ${minimum}`] : []),
    ...(typeof maximum === 'number' ? [`to ${maximum}`] : []),
  ];
  return [
    ...(range.length === 0 ? [] : [range.join(' ')]),
    ...(typeof maxLength === 'number' ? [`at most ${maxLength} characters`] : []),
    ...(typeof maxItems === 'number' ? [`at most ${maxItems}`] : []),
  ];
};
