import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { areas } from '../../areas/index.ts';
import { operations } from '../../areas/operations.ts';
import { errorTable } from '../../kernel/errors.ts';
import { Catalogue } from '../catalogue.ts';
import { type Json, isObject } from '../json.ts';
import { openApiDocument } from './document.ts';

const catalogue = new Catalogue(operations);
const document = openApiDocument(catalogue, '1.2.3');

const at = (pointer: string): Json | undefined =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/'))
    .reduce<Json | undefined>((value, step) => (isObject(value) ? value[step] : undefined), document);

function* refsIn(value: Json): Iterable<string> {
  if (Array.isArray(value)) for (const item of value) yield* refsIn(item);
  else if (isObject(value)) {
    for (const [member, item] of Object.entries(value)) {
      if (member === '$ref' && typeof item === 'string') yield item;
      else yield* refsIn(item);
    }
  }
}

describe('the OpenAPI document', () => {
  it('has every operation', () => {
    assert(areas.length > 0);
    for (const { name } of catalogue.operations) {
      assert.equal(at(`#/paths/~1v1~1operations~1${name}/post/operationId`), name);
    }
  });

  it('refers to nothing that is not there', () => {
    const refs = [...refsIn(document)];
    assert(refs.length > 0);
    for (const ref of refs) assert.notEqual(at(ref), undefined, ref);
  });

  it('names every error code, under its status', () => {
    for (const [code, { http }] of Object.entries(errorTable)) {
      const description = at(`#/components/responses/Status${http}/description`);
      assert(typeof description === 'string' && description.includes(`\`${code}\``), code);
    }
  });

  it('lists the statuses of an operation’s own errors', () => {
    for (const { name, errors } of catalogue.operations) {
      for (const code of errors) {
        assert.notEqual(
          at(`#/paths/~1v1~1operations~1${name}/post/responses/${errorTable[code].http}`),
          undefined,
          `${name} ${code}`,
        );
      }
    }
  });
});
