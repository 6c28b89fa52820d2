import { encode } from 'gpt-tokenizer';
import type { Exchange, Opening } from './conversation.ts';

const tokens = (text: string): number => encode(text).length;

const ulidPattern = /[0-7][0-9A-HJKMNP-TV-Z]{25}/g;
const timePattern = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const ulidLength = 26;

/** The same text for every run: ids and times of the run give way to fixed ones of the same length. */
const settle = (text: string): string => {
  const ids = [...new Set(text.match(ulidPattern) ?? [])];
  return text
    .replaceAll(ulidPattern, (id) => `01K${String(ids.indexOf(id) + 1).padStart(ulidLength - 3, '0')}`)
    .replaceAll(timePattern, '2026-01-01T09:00:00.000Z');
};

/** docs/agents.md: what two agents say and hear, whole. */
export const pageOf = (opening: Opening, record: readonly Exchange[], agents: readonly string[]): string => {
  const said = record.map((one) => `${JSON.stringify(one.input)}\u0000${one.result}`);
  const settled = settle(said.join('\u0001')).split('\u0001');
  const exchanges = record.map((one, index) => {
    const [input = '', result = ''] = settled[index]?.split('\u0000') ?? [];
    return { agent: one.agent, tool: one.tool, input, result };
  });
  const costs = agents.map((agent) => costOf(exchanges, agent));
  const conversation = exchanges.map(block).join('\n');
  return `${head(opening)}
## The conversation

${conversation}
## What it costs

| agent | calls | tokens said | tokens heard |
| --- | ---: | ---: | ---: |
${costs.map(({ agent, calls, said: out, heard }) => `| ${agent} | ${calls} | ${out} | ${heard} |`).join('\n')}

From connecting to the first useful action it is one call: \`start\`. After it an agent has its name, its session, what
waits for it and the task to take.
`;
};

interface Settled {
  readonly agent: string;
  readonly tool: string;
  readonly input: string;
  readonly result: string;
}

const costOf = (exchanges: readonly Settled[], agent: string) => {
  const own = exchanges.filter((one) => one.agent === agent);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    agent,
    calls: own.length,
    said: sum(own.map(({ tool, input }) => tokens(`${tool} ${input}`))),
    heard: sum(own.map(({ result }) => tokens(result))),
  };
};

const block = ({ agent, tool, input, result }: Settled): string =>
  `**${agent}** calls \`${tool}\` (${tokens(`${tool} ${input}`)} tokens, answer ${tokens(result)})

\`\`\`json
${input}
\`\`\`

\`\`\`json
${pretty(result)}
\`\`\`
`;

/** As the model reads it, but broken into lines for people. */
const pretty = (result: string): string => JSON.stringify(JSON.parse(result), null, 1);

const head = ({ instructions, tools }: Opening): string => `# What agents see

This page was made by running it (\`npm run docs\`): a person puts three tasks on a board, and two agents finish them. ada is
connected over HTTP, bert over a process of its own on stdio. Tokens are counted with o200k_base; other models count a
little differently. Session ids and times are replaced, so that the page is the same for every run.

Before its first call a client loads this, in standard mode:

| | bytes | tokens |
| --- | ---: | ---: |
| instructions | ${Buffer.byteLength(instructions)} | ${tokens(instructions)} |
| ${toolCount(tools)} tools | ${Buffer.byteLength(tools)} | ${tokens(tools)} |
`;

const toolCount = (tools: string): number => {
  const list: unknown = JSON.parse(tools);
  return Array.isArray(list) ? list.length : 0;
};
