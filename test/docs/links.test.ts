import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';

const root = join(import.meta.dirname, '../..');

const documents = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'src/**/*.md'], { cwd: root });

/** What lies outside the documents' own text: fenced blocks and code in backticks hold no links. */
const prose = (path: string): string =>
  readFileSync(path, 'utf8')
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');

/** The fragments by which the headings of a document are reached. */
const anchorsOf = (path: string): readonly string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const isElsewhere = (target: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(target);

for (const document of documents) {
  it(`every link of ${document} leads somewhere`, () => {
    const path = join(root, document);
    for (const [link, target = ''] of prose(path).matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)) {
      if (isElsewhere(target)) continue;
      const [file = '', fragment] = target.split('#');
      const aim = file === '' ? path : join(dirname(path), file);
      assert(existsSync(aim), `${link}: there is no ${file}`);
      if (fragment !== undefined)
        assert(anchorsOf(aim).includes(fragment), `${link}: there is no such heading`);
    }
  });
}

const folders = ['bench', 'bin', 'docs', 'examples', 'src', 'test', 'tools'];

/** The paths of this project that a document names in backticks; what stands in angle brackets may be anything. */
const pathsIn = (document: string): readonly string[] =>
  [...readFileSync(join(root, document), 'utf8').matchAll(/`((\w+)\/[\w./*<>-]*)`/g)]
    .filter(([, , folder = '']) => folders.includes(folder))
    .map(([, path = '']) => path.replaceAll(/<[^>]*>/g, '*'));

it('every path of this project that a document names leads somewhere', () => {
  const named = documents.flatMap((document) => pathsIn(document).map((path) => ({ document, path })));
  assert(named.length > 10);
  const lost = named.filter(({ path }) => globSync(path, { cwd: root }).length === 0);
  assert.deepEqual(lost, []);
});

it('the documents that lead to others are looked at', () => {
  for (const expected of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/dependencies.md'])
    assert(documents.includes(expected), expected);
});
