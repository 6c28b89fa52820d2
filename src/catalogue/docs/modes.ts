import type { Catalogue } from '../catalogue.ts';
import type { Exposure } from '../exposure/exposure.ts';
import {
  type Mode,
  entryTools,
  presets,
  standardBytesMax,
  standardMode,
  standardToolsMax,
} from '../exposure/modes.ts';
import { toolCallName } from '../exposure/tool-call.ts';
import { code, codes, markdownTable, page } from './markdown.ts';

/** Whoever may call everything is shown the most. */
const role = 'admin';

/** The modes, and what each costs. */
export const modesPage = ({ exposure }: Catalogue): string => {
  const modes = presets.map((name): Mode => ({ kind: 'preset', name }));
  const categories = Map.groupBy(exposure.allowed(role), ({ category }) => category);
  return page('Modes', [
    `A mode says which tools an MCP client is shown. It is part of the address (\`/mcp/full\`) or a flag (\`--mode\`); without either it is the default of the workspace, which \`mode_set\` changes and which is standard until then. What can be called does not depend on it: \`tool_search\` finds everything that the caller's role allows, and \`tool_call\` calls it.`,
    markdownTable(
      ['Mode', 'Tools', 'Bytes', 'Tokens (about)', 'Shows'],
      modes.map((mode) => {
        const { tools, bytes, tokens } = exposure.cost(mode, role);
        return [code(mode.name), String(tools), String(bytes), String(tokens), shows(exposure, mode)];
      }),
    ),
    `Bytes are those of the list as JSON, a token is taken for four of them. Standard has at most ${standardToolsMax} tools and ${standardBytesMax} bytes. The list of standard is [standard-tools.json](standard-tools.json). In minimal and standard, members of an input that few calls need are only named; they are accepted all the same, and \`tool_search\` shows them.`,
    '## Categories',
    `A mode can also be made of categories, as in \`/mcp/tasks,agents\`: it shows their tools, and ${codes(entryTools)}.`,
    markdownTable(
      ['Category', 'Tools'],
      [...categories].map(([category, operations]) => [
        code(category),
        codes(operations.map(({ name }) => name)),
      ]),
    ),
  ]);
};

const shows = (exposure: Exposure, mode: Mode): string =>
  mode.name === 'full'
    ? `every operation, and ${code(toolCallName)}`
    : codes(exposure.tools(mode, role).map(({ name }) => name));

/** The committed snapshot of the list that agents see unless somebody chose another. */
export const standardSnapshot = ({ exposure }: Catalogue): string =>
  `${JSON.stringify(exposure.tools(standardMode, role), null, 2)}\n`;
