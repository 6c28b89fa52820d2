import { ok, refuse } from '../../kernel/errors.ts';
import { commonKeys, flagKeyNames } from '../configuration/keys.ts';
import type { Command } from './command.ts';
import { envFileFlag } from './flags.ts';

export const config: Command = {
  name: 'config',
  summary: 'what is configured, and where each value comes from',
  words: '',
  keys: flagKeyNames.filter((name) => !commonKeys.includes(name)),
  flags: [
    {
      name: 'example',
      placeholder: undefined,
      meaning: 'writes a configuration file with all keys in comments',
    },
    { name: 'schema', placeholder: undefined, meaning: 'writes the JSON Schema of such a file, for editors' },
    envFileFlag,
  ],
  example: 'mkdir -p ~/.config/signalbox && signalbox config --example >> ~/.config/signalbox/signalbox.yaml',
  despiteFaults: true,
  run: async ({ configuration, faults: [fault], flags, terminal: { out, columns, json } }) => {
    const [example, schema] = [flags.has('example'), flags.has('schema')];
    if (example && schema)
      return refuse('invalid_input', 'The flags --example and --schema exclude each other. Leave one out.');
    if (example || schema) {
      const { exampleFile, fileSchema } = await import('../configuration/reference.ts');
      if (schema) return ok(out.write(`${JSON.stringify(fileSchema(), null, json ? 0 : 2)}\n`));
      return ok(out.write(json ? `${JSON.stringify({ text: exampleFile() })}\n` : exampleFile()));
    }
    if (fault !== undefined) return fault.refusal;
    const { shownKeys, configurationTable } = await import('../configuration/shown.ts');
    const shown = shownKeys(configuration);
    const { files } = configuration;
    return ok(
      out.write(
        json
          ? `${JSON.stringify({ keys: shown, files })}\n`
          : `${configurationTable(shown, columns)}\nFiles read: ${files.length === 0 ? 'none' : files.join(', ')}\n`,
      ),
    );
  },
};
