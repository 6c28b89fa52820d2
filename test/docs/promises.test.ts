/* What docs/promises.md leans on is there: each rule in the rules of an area, each test under its title in its file. */
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
