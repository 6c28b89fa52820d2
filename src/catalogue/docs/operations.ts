import { errorTable } from '../../kernel/errors.ts';
import type { Operation } from '../../kernel/operation.ts';
import type { Catalogue } from '../catalogue.ts';
import { type JsonObject, isObject } from '../json.ts';
import { annotationsOf } from '../exposure/tool-entry.ts';
import { code, markdownTable, page } from './markdown.ts';
import { typeText } from './type-text.ts';

const introduction =
  'Each operation is an MCP tool of the same name, and `POST /v1/operations/<name>` with the input as the JSON body. Schemas in full, with every limit, are in [schemas](schemas); who may call them is in [permissions.md](permissions.md), and which tools an agent is shown in [modes.md](modes.md).';

export const operationsPage = (catalogue: Catalogue): string => {
  const categories = Map.groupBy(catalogue.operations, ({ category }) => category);
  return page('Operations', [
    introduction,
    ...[...categories].flatMap(([category, operations]) => [
      `## ${category}`,
      ...operations.flatMap((operation) => operationParts(catalogue, operation)),
    ]),
  ]);
};

const operationParts = (catalogue: Catalogue, operation: Operation): readonly string[] => [
  `### ${operation.name}`,
  operation.summary,
  operation.description,
  traitsOf(operation),
  `Input${inputFields(catalogue.inputSchemaOf(operation))}`,
  `Output${outputFields(catalogue.outputSchemaOf(operation))}`,
  ...operation.examples.map(
    ({ title, input }) => `${title}:\n\n\`\`\`json\n${JSON.stringify(input, null, 2)}\n\`\`\``,
  ),
];

const traitsOf = (operation: Operation): string => {
  const { kind, role, person, rate, otherRate, journal, errors, destructive, idempotent } = operation;
  const traits = [
    kind === 'query' ? 'reads only' : 'changes something',
    ...(destructive ? ['may overwrite what others rely on'] : []),
    ...(kind === 'command' && idempotent ? ['twice is the same as once'] : []),
  ];
  const refusals = errors.map((name) => `${code(name)} (${errorTable[name].http})`);
  return [
    `${traits.join('; ')}. Role ${code(role)}${person === true ? ', needs a person' : ''}, rate class ${code(rate)}${otherRate === undefined ? '' : ` or ${code(otherRate)}`}${journal === 'hub' ? ", in the hub's own journal" : ''}.`,
    ...(refusals.length === 0 ? [] : [`Own errors: ${refusals.join(', ')}.`]),
  ]
    .join(' ')
    .replace(/^./, (first) => first.toUpperCase());
};

interface Field {
  readonly name: string;
  readonly type: string;
  readonly needed: boolean;
  readonly meaning: string;
}

const inputFields = (schema: JsonObject): string =>
  fieldTable(schema, ['Field', 'Type', 'Required', 'Meaning'], ({ name, type, needed, meaning }) => [
    code(name),
    type,
    needed ? 'yes' : '',
    meaning,
  ]);

const outputFields = (schema: JsonObject): string =>
  fieldTable(schema, ['Field', 'Type', 'Meaning'], ({ name, type, needed, meaning }) => [
    code(name),
    needed ? type : `${type}, or left out`,
    meaning,
  ]);

const fieldTable = (
  schema: JsonObject,
  head: readonly string[],
  row: (field: Field) => readonly string[],
): string => {
  const fields = fieldsOf(schema);
  if (fields === undefined) return `: ${typeText(schema)}.`;
  return fields.length === 0 ? ': no fields.' : `:\n\n${markdownTable(head, fields.map(row))}`;
};

const fieldsOf = ({ properties, required }: JsonObject): readonly Field[] | undefined => {
  if (!isObject(properties)) return undefined;
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(properties).map(([name, field]) => {
    const shape = isObject(field) ? field : {};
    const { description, title } = shape;
    return {
      name,
      type: typeText(shape),
      needed: needed.includes(name),
      meaning: typeof description === 'string' ? description : typeof title === 'string' ? title : '',
    };
  });
};

/** The committed snapshot of one operation: what every surface shows of it. */
export const operationSnapshot = (catalogue: Catalogue, operation: Operation): string => {
  const { name, kind, journal, category, summary, description, role, rate, errors } = operation;
  const snapshot = {
    name,
    kind,
    journal,
    category,
    summary,
    description,
    role,
    rate,
    errors,
    annotations: annotationsOf(operation),
    input: catalogue.inputSchemaOf(operation),
    output: catalogue.outputSchemaOf(operation),
  };
  return `${JSON.stringify(snapshot, null, 2)}\n`;
};
