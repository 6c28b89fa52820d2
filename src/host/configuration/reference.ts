import { code, markdownTable, page } from '../../catalogue/docs/markdown.ts';
import { referenceForm } from './forms.ts';
import { type Key, type KeyName, keyNames, keys, memberOf } from './keys.ts';

/** The keys that a file may say. */
const inFiles: readonly KeyName[] = keyNames.filter((name) => keys[name].files !== 'none');

const columnsMax = 98;

/** Lines of at most so many characters, broken between words. */
const linesOf = (text: string): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columnsMax) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
};

const exampleOf = ({ default: fallback, example }: Key): string => fallback ?? example ?? '';

const remark = (text: string): string =>
  linesOf(text)
    .map((line) => `# ${line}\n`)
    .join('');

/** A file with all keys, none of which says anything until its line is taken out of the comments. */
export const exampleFile = (): string => {
  const head = [
    'Signalbox: all that can be said in a file. A line without the # in front says it.',
    'Put this into ~/.config/signalbox/signalbox.yaml ($XDG_CONFIG_HOME/signalbox), or name the file with --config. The file signalbox.yaml in the top folder of a repository may say only what is marked so.',
    'Flags prevail over the environment, that over the file of a repository, that over your own.',
    'For editors: signalbox config --schema > signalbox.schema.json, and this line at the top: yaml-language-server: $schema=signalbox.schema.json',
  ];
  const parts = inFiles.map((name) => {
    const key = keys[name];
    const { description, variable, files, secret } = key;
    const where = files === 'every' ? ' A repository may say it.' : '';
    const how = secret === true ? `Environment ${variable}.` : `Flag --${name}, environment ${variable}.`;
    const texts = `${remark(`${description}${where}`)}# ${how}\n`;
    return `${texts}#${memberOf(name)}: ${exampleOf(key)}\n`;
  });
  return [head.map(remark).join('#\n'), ...parts].join('\n');
};

const defaultOf = ({ form, default: fallback }: Key): string | number | boolean | undefined => {
  if (fallback === undefined) return undefined;
  switch (form.schema['type']) {
    case 'integer':
      return Number(fallback);
    case 'boolean':
      return fallback === 'true';
    default:
      return fallback;
  }
};

/** The JSON Schema of a configuration file, by which editors complete and check it. */
export const fileSchema = (): Readonly<Record<string, unknown>> => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'signalbox.yaml',
  description: 'What can be configured in Signalbox by a file.',
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    inFiles.map((name) => {
      const key = keys[name];
      const fallback = defaultOf(key);
      const texts = { description: key.description, ...(fallback !== undefined && { default: fallback }) };
      const { schema } = key.secret === true ? referenceForm : key.form;
      return [memberOf(name), { ...schema, ...texts }];
    }),
  ),
});

const filesOf = ({ files }: Key): string => {
  switch (files) {
    case 'every':
      return 'every';
    case 'own':
      return "the person's own";
    case 'none':
      return '-';
  }
};

const configurationPage = (): string =>
  page('Configuration', [
    "What is said nearest to the call holds: a flag, else a variable of the environment, else one in a file that is named with `--env-file`, else the repository's file, else the person's own file, else the default. A variable that is empty counts as none; only that of the key for encryption is refused then. `signalbox config` shows each value and where it comes from.",
    markdownTable(
      ['Key in a file', 'Flag', 'Environment', 'Default', 'In which files', 'Meaning'],
      keyNames.map((name) => {
        const key = keys[name];
        const { variable, placeholder, description, default: fallback, files, secret } = key;
        return [
          files === 'none' ? '-' : code(memberOf(name)),
          secret === true ? '-' : code(placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`),
          code(variable),
          fallback === undefined ? '-' : code(fallback),
          filesOf(key),
          description,
        ];
      }),
    ),
    '## Files',
    [
      "- **The person's own**: `signalbox/signalbox.yaml` in `$XDG_CONFIG_HOME` (`~/.config` if it is not set).",
      "- **The repository's**: `signalbox.yaml` in the top folder of the repository in which the command is run, or in the current folder outside of any. A repository is written by others, so its file may say nothing that decides where data goes or who is asked for it.",
      '- **One that is named** with `--config` or `SIGNALBOX_CONFIG` stands for both, and may say everything.',
    ].join('\n'),
    'A file is YAML with one line for each key. A key that does not exist is an error, and so is a value that does not fit; both name the line. A variable that begins with `SIGNALBOX_` and is almost one of those above is a warning. Paths begin in the folder of the file, or in the current folder for flags and variables; `~/` is the home folder.',
    'A socket and a port exclude each other. If both are said, the nearer one holds; said in the same place, they are an error.',
    '`signalbox config --example` writes a file with all keys in comments, and `signalbox config --schema` a JSON Schema for editors.',
  ]);

/** What docs/reference holds about configuration. */
export const configurationReference = (): ReadonlyMap<string, string> =>
  new Map([
    ['configuration.md', configurationPage()],
    ['signalbox.schema.json', `${JSON.stringify(fileSchema(), null, 2)}\n`],
  ]);
