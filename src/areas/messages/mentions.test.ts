import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mentionsIn } from './mentions.ts';
import { notMentionedMax } from './model/limits.ts';

const names = [
  'ada',
  'bob',
  'claude',
  'claude-swift-fox',
  'a.b_c-d',
  'x_',
  'types',
  'pytest',
  'v1.2',
  'cache',
  'example.com',
];

const agentsIn = (text: string): readonly string[] => mentionsIn(text, (name) => names.includes(name)).agents;

/** Each text with the agents that it mentions. */
const cases: readonly (readonly [rule: string, text: string, agents: readonly string[]])[] = [
  ['ME24 at the beginning, in the middle, at the end', '@ada and @bob and @claude', ['ada', 'bob', 'claude']],
  [
    'ME24 behind brackets, quotes and emphasis',
    '(@ada) "@bob" **@claude**, [@types]',
    ['ada', 'bob', 'claude', 'types'],
  ],
  ['ME24 behind a line break or a tab', 'x\n@ada\t@bob', ['ada', 'bob']],
  ['ME24 behind other scripts’ punctuation and signs', '、@ada —@bob 🙂@claude', ['ada', 'bob', 'claude']],
  ['ME24 not behind letters of scripts with spaces', 'é@ada ж@bob ß@claude', []],
  [
    'ME24 between letters of scripts without spaces',
    '请@ada看 これは@bobのレビュー 漢@claude。ให้@types ดู',
    ['ada', 'bob', 'claude', 'types'],
  ],
  ['ME24 before a particle', '@ada에게 @bobさん、@claudeは', ['ada', 'bob', 'claude']],
  [
    'ME24 between full-width punctuation',
    '（@ada）「@bob」：@claude，@types！@a.b_c-d。',
    ['ada', 'bob', 'claude', 'types', 'a.b_c-d'],
  ],
  [
    'ME24 within emphasis',
    '_@ada_ *@bob* **@claude** __@types__ ***@pytest*** *_@x__* ~~@v1.2~~ _and @cache_',
    ['ada', 'bob', 'claude', 'types', 'pytest', 'x_', 'v1.2', 'cache'],
  ],
  ['ME24 not behind a word that ends in underscores', 'snake_@ada __init__@bob 3_@claude é_@types', []],
  ['ME24 not behind another at sign', '@@ada', []],
  ['ME24 not a package', 'npm i @types/node @ada/cli', []],
  ['ME24 not a decorator that is called', '@cache(maxsize=1)\ndef f(): ...', []],
  ['ME24 not an account on a host', '@ada@social.example', []],
  ['ME24 not before letters of scripts with spaces', '@adaß @bobж', []],
  ['ME24 each once, in order', '@bob @ada @bob', ['bob', 'ada']],
  ['ME25 the longest name', '@claude-swift-fox', ['claude-swift-fox']],
  ['ME25 not the beginning of a longer word', '@claude-swift @pytest.fixture @adabob', []],
  ['ME25 without the punctuation behind', '@ada. @bob... @claude-', ['ada', 'bob', 'claude']],
  ['ME25 with punctuation that is part of the name', '@a.b_c-d, @v1.2. @x_', ['a.b_c-d', 'v1.2', 'x_']],
  ['ME25 with an apostrophe behind', "@ada’s and @bob's", ['ada', 'bob']],
  ['ME26 not in an e-mail address', 'ada@example.com, x.y+z@bob, a-b%@ada', []],
  ['ME26 not in an address of any script', '张三@example.com 请@bob.dev看', []],
  [
    'ME26 not a package, a decorator or code between letters of any script',
    '安装@types/node，用@cache(1)，看`@ada`，_@bob/cli_',
    [],
  ],
  [
    'ME26 behind a URL that full-width punctuation ends',
    '见https://h.example/a？b=1，@ada（http://h/）@bob',
    ['ada', 'bob'],
  ],
  ['ME26 not in a URL', 'https://x.example/@ada?by=@bob http://h/?u=@ada git+ssh://git@example.com/x', []],
  ['ME26 not in a path behind a host', 'see example.org/?u=,@ada', []],
  ['ME26 not in code within a line', '`@ada` ``x ` @bob`` @claude', ['claude']],
  [
    'ME26 not in a fenced block',
    'x\n```ts\n@ada\n```\n@bob\n~~~\n@claude\n```\n~~~~\n@types',
    ['bob', 'types'],
  ],
  ['ME26 not behind a fence that stays open', '@ada\n```\n@bob', ['ada']],
  ['ME26 a backtick without a counterpart is none', 'the ` key, @ada\n\nand ` again, @bob', ['ada', 'bob']],
  ['ME26 an escaped backtick opens nothing', String.raw`\`@ada\` and @bob`, ['ada', 'bob']],
  [
    'ME24 behind a mention and a slash',
    '@ada/@bob @claude/@types/x @nobody/@pytest',
    ['ada', 'bob', 'claude'],
  ],
  ['ME24 not behind a path', 'node_modules/@ada ./@bob x/@claude/@types _/_@cache', []],
  ['ME24 behind three dots', 'x...@ada ...@bob', ['ada', 'bob']],
  ['ME24 not behind one dot or two', 'x.@ada y..@bob ..@claude', []],
  [
    'ME26 not in a fenced block that begins in an item',
    '@ada look:\n\n- ```sh\n  npm test @x_\n\n  @types\n  ```\n\n@bob can you take it?\n1. ~~~\n   @cache\n   ~~~\n* * ```\n    @v1.2\n    ```\n@claude',
    ['ada', 'bob', 'claude'],
  ],
  [
    'ME26 a fence ends with its item or quote',
    '- ```sh\n  @ada\n@bob\n> ~~~\n> @claude\n@types',
    ['bob', 'types'],
  ],
  [
    'ME26 not in a fenced block within a quote or behind an item',
    '> ~~~\n> @ada\n> ~~~\n> @bob\n\n10. x\n\n    ```\n    @claude\n\n    @types\n    ```\n\n    @pytest',
    ['bob', 'pytest'],
  ],
  [
    'ME26 code within a line ends with its paragraph, item, quote or heading',
    '@ada don`t\n\nit`s @bob\n- don`t\n- it`s @claude\n> don`t\n# it`s @types\n# don`t\nit`s @cache',
    ['ada', 'bob', 'claude', 'types', 'cache'],
  ],
  ['ME26 code within a line goes on in the next', '> x `y\n> @ada` `z\n@bob` @claude', ['claude']],
  [
    'ME26 lines may end in any way',
    '@ada don`t.\r\n\r\n@bob it`s red.\r\n~~~\r\n@claude\r\n~~~\r\n@types\r~~~\r@cache\r~~~\r@x_\r\n```\r\n@pytest',
    ['ada', 'bob', 'types', 'x_'],
  ],
  [
    'ME26 not in lines that are indented behind a blank one',
    '    @ada\n    @types\n\n    @bob\n\n\t@cache\n@claude\n    @x_\n- a\n\n      @pytest',
    ['ada', 'types', 'claude', 'x_', 'pytest'],
  ],
  [
    'ME26 not in elements of HTML that are code',
    '<code>@ada</code> <pre class="x">\n@bob\n\n@claude</pre> <codec>@types</codec> <code> @cache\n\n</code>',
    ['types', 'cache'],
  ],
  ['ME26 a line of marks is no list', '- - -\n@ada\n***\n@bob', ['ada', 'bob']],
  ['ME26 three backticks within a line are code within a line', '```@ada``` @bob', ['bob']],
];

describe('a mention', () => {
  for (const [rule, text, agents] of cases) it(rule, () => assert.deepEqual(agentsIn(text), agents));

  it('ME4 names what is written like one and is no agent', () => {
    const { agents, strangers } = mentionsIn('@Ada, @nobody. @ada', (name) => name === 'ada');
    assert.deepEqual([agents, strangers], [['ada'], ['Ada', 'nobody']]);
  });

  it('ME30 tells whose names stand in it without being mentions', () => {
    const unmentioned = (text: string) => mentionsIn(text, (name) => names.includes(name)).unmentioned;
    assert.deepEqual(unmentioned('@ada `@bob` x@claude.org y@types/z @pytest.fixture `@ada` `@nobody`'), [
      'bob',
      'types',
    ]);
    assert.deepEqual(unmentioned('@ada and @bob'), []);
    const many = Array.from({ length: 20 }, (_, i) => `\`@a${i}\``).join(' ');
    assert.equal(mentionsIn(many, () => true).unmentioned.length, notMentionedMax);
  });

  it('is found in time that grows with the text, whatever it is made of', () => {
    for (const piece of [
      '@',
      '`',
      '\\``',
      '@a.',
      '@a@',
      'a.b.',
      '://',
      '@a/',
      '@ada ',
      '```\n',
      '`` ` ',
      'x@y.z/',
      '_',
      '_@',
      '漢@a',
      'x___@',
      '，',
      '- ',
      '- + ',
      '> ',
      '>\n',
      '- + - + - + - + - + - +\n',
      '\n',
      '\t',
      '- `@a\r',
      '    ',
      '<code>',
      '<code ',
      '<code></code>',
      '@a/',
      '@ada/',
      '@ada/@a',
      '...@',
      '1. ```\n',
      '- - - x',
    ]) {
      for (const ending of ['', '@ada`\t~']) {
        const text = piece.repeat(32_000 / piece.length) + ending;
        const began = performance.now();
        agentsIn(text);
        const ms = performance.now() - began;
        assert.ok(ms < 1_000, `${JSON.stringify(piece)} took ${ms} ms`);
      }
    }
    assert.deepEqual(agentsIn(`@${'a'.repeat(31_000)} @ada${'.'.repeat(900)}`), ['ada']);
  });
});

/** What certainly mentions an agent, wherever blanks stand around it, and what certainly does not. */
const mention = fc
  .tuple(
    fc.constantFrom('', '(', '"', '*', '_', '**_', '—', '「', '看，'),
    fc.constantFrom(...names),
    fc.constantFrom('', '.', ',', '!', '...', '’s', ')', ':', ';', '?', '_', '**', '看', '에게', '」'),
  )
  .map(([before, name, behind]) => ({ text: `${before}@${name}${behind}`, name }));

const decoy = fc
  .tuple(
    fc.constantFrom(...names),
    fc.constantFrom<(name: string) => string>(
      (name) => `\`@${name}\``,
      (name) => `\`\`@${name} \` @${name}\`\``,
      (name) => `someone@${name}`,
      (name) => `o.neil+x@${name}.example`,
      (name) => `https://h.example/x?a=@${name}&b=(@${name})`,
      (name) => `@${name}/core`,
      (name) => `@${name}@host`,
      (name) => `@${name}(1)`,
      (name) => `@${name}zz`,
      (name) => `@q${name}`,
      (name) => `\n\`\`\`py\n@${name}\ndef f(): pass\n\`\`\`\n`,
      (name) => `\n~~~\n@${name}\n~~~\n`,
      (name) => `\n- ~~~sh\n  @${name}\n\n  x\n  ~~~\n`,
      (name) => `\r\n\r\n> 1. ~~~\r\n>    @${name}\r\n>    ~~~\r\n`,
      (name) => `<code>@${name}</code>`,
      (name) => `${name} mailto:@${name}`,
    ),
  )
  .map(([name, make]) => ({ text: make(name), name: undefined }));

const word = fc
  .oneof(
    fc.constantFrom('and', 'x', '#1', 'e.g.', '漢字', '🙂', '@', '@@', '\\', '!'),
    fc.string({ maxLength: 6 }),
  )
  .filter((text) => !/[`~@\\:/<]/.test(text) || text === '@@' || text === '@')
  .map((text) => ({ text, name: undefined }));

it('ME24 ME25 ME26 finds the agents that a text is made to mention, and no others', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`mentions: seed ${seed}`);
  const pieces = fc.array(fc.oneof(mention, decoy, word), { maxLength: 12 });
  const blanks = fc.constantFrom(' ', '\n', '  ', '\t');
  fc.assert(
    fc.property(pieces, blanks, (made, blank) => {
      const expected = [...new Set(made.flatMap(({ name }) => name ?? []))];
      assert.deepEqual(agentsIn(made.map(({ text }) => text).join(blank)), expected);
    }),
    { numRuns: 10_000, seed },
  );
});

it('names no agent that is not there, and does not depend on what is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const { agents } = mentionsIn(text, () => true);
      for (const name of agents) assert.ok(text.includes(`@${name}`));
      assert.deepEqual(mentionsIn(text, () => false).agents, []);
    }),
    { numRuns: 2_000 },
  );
});
