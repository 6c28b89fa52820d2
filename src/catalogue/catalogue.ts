import { assert } from '../kernel/assert.ts';
import type { Outcome } from '../kernel/errors.ts';
import type { DescribedOperation, Operation } from '../kernel/operation.ts';
import { type Description, finder } from './description.ts';
import { Exposure, assertNames } from './exposure/exposure.ts';
import { type JsonObject, isObject } from './json.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { catalogueOperations } from './operations/index.ts';

type Named = Pick<DescribedOperation, 'name'>;

/**
 * Everything that can be asked of Signalbox, and what is derived from it. JSON Schemas are made at the first use of
 * each and kept: starting a process does not wait for them, and no call makes one twice.
 */
export class Catalogue implements Description {
  /** Those that were given, and then those that are about the catalogue itself. */
  readonly operations: readonly Operation[];
  /** What agents are shown of it. */
  readonly exposure: Exposure;
  readonly find: (name: string) => Outcome<Operation>;
  readonly #byName: ReadonlyMap<string, Operation>;
  readonly #inputs = new Map<string, JsonObject>();
  readonly #outputs = new Map<string, JsonObject>();

  constructor(given: readonly Operation[]) {
    this.exposure = new Exposure({
      operations: () => this.operations,
      inputSchemaOf: (operation) => this.inputSchemaOf(operation),
    });
    this.operations = [...given, ...catalogueOperations(this.exposure)];
    this.#byName = new Map(this.operations.map((operation) => [operation.name, operation]));
    this.find = finder(this.#byName);
    assert(this.#byName.size === this.operations.length, 'no two operations have one name');
    assertNames(this.operations);
  }

  inputSchemaOf(operation: Named): JsonObject {
    return this.#kept(this.#inputs, operation, 'input');
  }

  outputSchemaOf(operation: Named): JsonObject {
    return this.#kept(this.#outputs, operation, 'output');
  }

  columnsOf(operation: Named): readonly string[] {
    const { properties } = this.outputSchemaOf(operation);
    const items = isObject(properties) ? properties['items'] : undefined;
    const item = isObject(items) ? items['items'] : undefined;
    return isObject(item) && isObject(item['properties']) ? Object.keys(item['properties']) : [];
  }

  /** Whether the input of an operation has this member. */
  accepts(operation: Named, member: string): boolean {
    const { properties } = this.inputSchemaOf(operation);
    return isObject(properties) && Object.hasOwn(properties, member);
  }

  #kept(schemas: Map<string, JsonObject>, { name }: Named, io: 'input' | 'output'): JsonObject {
    const known = schemas.get(name);
    if (known !== undefined) return known;
    const operation = this.#byName.get(name);
    assert(operation !== undefined, `${name} is an operation of this catalogue`);
    const schema = jsonSchemaOf(operation[io], io);
    schemas.set(name, schema);
    return schema;
  }
}
