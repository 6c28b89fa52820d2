/* What docs/promises.md and SECURITY.md lean on is there: each rule in the rules of an area, each test under its title in its file. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { scan } from '../../tools/scan.ts';

const root = join(import.meta.dirname, '../..');

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const rules: ReadonlySet<string> = new Set(
  globSync('src/areas/*/RULES.md', { cwd: root }).flatMap((path) =>
    [...read(path).matchAll(/^[-*] \*\*([A-Z]{2,3}[1-9]\d*)\*\* /gm)].map(([, id = '']) => id),
  ),
);

const prefixes: ReadonlySet<string> = new Set([...rules].map((id) => id.replace(/\d+$/, '')));

/** The rules that a text cites, known or not. */
const idsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\b([A-Z]{2,3})[1-9]\d*\b/g)]
    .filter(([, prefix = '']) => prefixes.has(prefix))
    .map(([id]) => id);

interface Cited {
  readonly file: string;
  readonly title: string;
}

/** A test as the page cites it: its file, and its title in italics. */
const testsIn = (text: string): readonly Cited[] =>
  [...text.matchAll(/^- `([^`]+\.test\.ts)`: \*(.+)\*$/gm)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));

/** The same within a cell of a table, where there may be several. */
const testsInCell = (text: string): readonly Cited[] =>
  [...text.matchAll(/`([^`]+\.test\.ts)`: \*([^*]+)\*/g)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));

/** The titles of the tests of a file, as far as they are written out. */
const titlesOf = (file: string): ReadonlySet<string> => {
  const source = read(file);
  return new Set(
    scan(source)
      .strings.filter(({ at }) => /\b(?:it|test)\(\s*$/.test(source.slice(0, at)))
      .map(({ text }) => text),
  );
};

const page = read('docs/promises.md');

/** What is promised under one heading. */
const sections = page.split(/^(?=###? )/m).filter((section) => section.startsWith('##'));
const promises = sections.filter((section) => section.includes('\n- Rules: '));

describe('the page of promises', () => {
  it('cites rules that there are', () => {
    assert(idsIn(page).length > 50);
    assert.deepEqual(
      idsIn(page).filter((id) => !rules.has(id)),
      [],
    );
  });

  it('cites tests by titles that they have', () => {
    const cited = testsIn(page);
    assert.equal(cited.length, page.split('.test.ts`').length - 1, 'each is a line of a list');
    assert(cited.length > 40);
    assert.deepEqual(
      cited.filter(({ file, title }) => !titlesOf(file).has(title)),
      [],
    );
  });

  it('has a rule and a test for each promise, and 21 promises about locks', () => {
    const numbers = sections.flatMap((section) => /^### (\d+)\. /.exec(section)?.[1] ?? []);
    assert.deepEqual(
      numbers,
      Array.from({ length: 21 }, (_, i) => String(i + 1)),
    );
    const numbered = sections.filter((section) => /^### \d/.test(section));
    for (const section of new Set([...numbered, ...promises])) {
      const [heading = ''] = section.split('\n');
      assert.match(section, /^- Rules: (?:[A-Z]{2,3}\d+(?:, |\.$))+$/m, heading);
      assert.notDeepEqual(testsIn(section), [], heading);
    }
  });

  it('says what each state of a delivery means', () => {
    for (const state of ['stored', 'offered', 'surfaced', 'acknowledged', 'expired'])
      assert.match(page, new RegExp(`^\\| ${state} \\|`, 'm'));
  });
});

describe('the table of threats', () => {
  const security = read('SECURITY.md');
  const [head = [], ...rows] = security
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice('| '.length, -' |'.length).split(' | '));

  it('says of each who, what, how it is stopped, by which tests, and what is not promised', () => {
    assert.deepEqual(head, ['Who', 'What they want', 'What stops it', 'Tests', 'Not promised']);
    for (const row of rows) {
      assert.equal(row.length, head.length, row[1]);
      for (const cell of row) assert.match(cell, /\p{L}{2}/u, row[1]);
    }
  });

  it('cites rules that there are', () => {
    assert(idsIn(security).length > 30);
    assert.deepEqual(
      idsIn(security).filter((id) => !rules.has(id)),
      [],
    );
  });

  it('cites for each row tests by titles that they have', () => {
    for (const [, wanted = '', , tests = ''] of rows) {
      const cited = testsInCell(tests);
      assert.equal(cited.length, tests.split('<br>').length, wanted);
      assert.deepEqual(
        cited.filter(({ file, title }) => !titlesOf(file).has(title)),
        [],
        wanted,
      );
    }
    const all = rows.flatMap(([, , , tests = '']) => testsInCell(tests));
    assert.equal(all.length, security.split('.test.ts`').length - 1, 'each is in the column for tests');
  });

  it('thinks of everybody who may want something', () => {
    assert.deepEqual(
      [...new Set(rows.map(([who]) => who))],
      [
        'Another user of the machine',
        "A web page in the owner's browser",
        'Another machine',
        'An agent that is an MCP client',
        'An agent with a shell of the same user',
        'A tenant of another workspace',
        'A holder of a stolen or old token',
        'A malicious user of the identity provider',
        'Hostile text of another agent',
        'A program that floods',
        'Someone with the disk, or with a backup',
        'A repository that somebody else wrote',
        'A supply-chain dependency',
      ],
    );
  });
});
