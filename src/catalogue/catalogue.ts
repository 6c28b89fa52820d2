import { assert } from '../kernel/assert.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import type { Operation } from '../kernel/operation.ts';
import { Exposure, assertNames } from './exposure/exposure.ts';
import { type JsonObject, isObject, jsonSchemaOf } from './json-schema.ts';
import { nearestName } from './nearest.ts';
import { catalogueOperations } from './operations/index.ts';

/** A name that may be repeated in an answer: anything else is not quoted. */
const quotablePattern = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Everything that can be asked of Signalbox, and what is derived from it. JSON Schemas are made at the first use of
 * each and kept: starting a process does not wait for them, and no call makes one twice.
 */
export class Catalogue {
  /** Those that were given, and then those that are about the catalogue itself. */
  readonly operations: readonly Operation[];
  /** What agents are shown of it. */
  readonly exposure: Exposure;
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
    assert(this.#byName.size === this.operations.length, 'no two operations have one name');
    assertNames(this.operations);
  }

  /** The operation of this name; the refusal names the one that was probably meant. */
  readonly find = (name: string): Outcome<Operation> => {
    const operation = this.#byName.get(name);
    return operation === undefined ? this.#unknown(name) : ok(operation);
  };

  inputSchemaOf({ name, input }: Operation): JsonObject {
    const schema = this.#inputs.get(name) ?? jsonSchemaOf(input, 'input');
    this.#inputs.set(name, schema);
    return schema;
  }

  outputSchemaOf({ name, output }: Operation): JsonObject {
    const schema = this.#outputs.get(name) ?? jsonSchemaOf(output, 'output');
    this.#outputs.set(name, schema);
    return schema;
  }

  /** Whether the input of an operation has this member. */
  accepts(operation: Operation, member: string): boolean {
    const { properties } = this.inputSchemaOf(operation);
    return isObject(properties) && Object.hasOwn(properties, member);
  }

  #unknown(name: string): Refusal {
    const nearest = nearestName(name, [...this.#byName.keys()]);
    const asked = quotablePattern.test(name)
      ? `No operation is called "${name}".`
      : 'No operation has this name.';
    const next = `${nearest === undefined ? '' : `Did you mean ${nearest}? `}Call tool_search to find what there is.`;
    return refuse('unknown_operation', `${asked} ${next}`, nearest === undefined ? {} : { nearest });
  }
}
