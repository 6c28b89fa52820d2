/** A table; every cell is one line, and a bar in it does not end it. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cellOf).join(' | ')} |`).join('\n');

const cellOf = (text: string): string => text.replaceAll('\n', ' ').replaceAll('|', '\\|');

export const code = (text: string): string => `\`${text}\``;

export const codes = (texts: readonly string[]): string =>
  texts.length === 0 ? '-' : texts.map(code).join(', ');

/** A generated page: a title, a remark that it is generated, and its parts. */
export const page = (title: string, parts: readonly string[]): string =>
  `${[`# ${title}`, '<!-- Written by `npm run docs`. Change what it is made from instead. -->', ...parts].join('\n\n')}\n`;
