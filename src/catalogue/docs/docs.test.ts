import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { areas } from '../../areas/index.ts';
import { operations } from '../../areas/operations.ts';
import type { Area } from '../../kernel/area.ts';
import { errorTable } from '../../kernel/errors.ts';
import { Catalogue } from '../catalogue.ts';
import { staleFiles, writeFiles } from './folder.ts';
import { referenceFiles } from './reference.ts';

const catalogue = new Catalogue(operations);
const files = referenceFiles(catalogue, areas);
const folder = mkdtempSync(join(tmpdir(), 'reference-'));
after(() => rmSync(folder, { recursive: true }));

describe('the reference', () => {
  it('is the same however often it is made', () => {
    assert.deepEqual([...referenceFiles(new Catalogue(operations), areas)], [...files]);
  });

  it('has a snapshot and a chapter of every operation, every error and every event', () => {
    for (const { name } of catalogue.operations) {
      assert(files.has(`schemas/${name}.json`));
      assert(files.get('operations.md')?.includes(`### ${name}\n`));
    }
    for (const code of Object.keys(errorTable)) assert(files.get('errors.md')?.includes(`| \`${code}\` |`));
    for (const type of areas.flatMap(({ events }) => Object.keys(events))) {
      assert(files.get('events.md')?.includes(`| \`${type}\` |`));
    }
  });

  it('has every guard and policy', () => {
    const area: Area | undefined = areas[0] && {
      ...areas[0],
      guards: [
        { name: 'a guard', watches: ['tasks.claim'], meaning: 'Looks | twice.', check: () => undefined },
      ],
      policies: [
        {
          name: 'a policy',
          after: ['agents.left'],
          meaning: 'Tidies up.',
          bestEffort: true,
          react: () => [],
        },
      ],
    };
    assert(area !== undefined);
    const page = referenceFiles(new Catalogue(operations), [area]).get('cascades.md') ?? '';
    assert(page.includes(`| \`a guard\` | ${area.name} | \`tasks.claim\` | Looks \\| twice. |`));
    assert(page.includes(`| \`a policy\` | ${area.name} | \`agents.left\` | Tidies up. | yes |`));
  });

  it('is missing, then fresh, then stale in every way that it can be', () => {
    assert.equal(staleFiles(folder, files).length, files.size);
    writeFiles(folder, files);
    assert.deepEqual(staleFiles(folder, files), []);

    appendFileSync(join(folder, 'errors.md'), 'by hand\n');
    rmSync(join(folder, 'events.md'));
    writeFileSync(join(folder, 'schemas', 'gone.json'), '{}');
    assert.deepEqual(staleFiles(folder, files), [
      'errors.md is out of date',
      'events.md is missing',
      'schemas/gone.json belongs to nothing any more',
    ]);

    writeFiles(folder, files);
    assert.deepEqual(staleFiles(folder, files), []);
  });

  it('notices a changed operation', () => {
    writeFiles(folder, files);
    const changed = operations.map((operation, index) =>
      index === 0 ? { ...operation, summary: 'Another.' } : operation,
    );
    const name = operations[0]?.name ?? '';
    assert.deepEqual(staleFiles(folder, referenceFiles(new Catalogue(changed), areas)), [
      'operations.md is out of date',
      `schemas/${name}.json is out of date`,
    ]);
  });
});

describe('what agents are shown', () => {
  it('is part of the reference', () => {
    writeFiles(folder, files);
    const changed = operations.map((operation, index) =>
      index === 0 ? { ...operation, description: `${operation.description} More.` } : operation,
    );
    const stale = staleFiles(folder, referenceFiles(new Catalogue(changed), areas));
    assert(stale.includes('modes.md is out of date'));
    assert(stale.includes('standard-tools.json is out of date'));
  });
});
