import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { wholePath } from '../configuration/forms.ts';
import { homeIn } from '../configuration/find-files.ts';
import { errorCodeIn } from '../data-directory.ts';
import type { Place } from '../workspace-resolution/resolve.ts';
import { type EnvVariable, readEnvText } from './env-file.ts';
import { readBounded, textBytesMax, textIn } from './read-bounded.ts';

/** What env files say, by name. Of two files that say the same name, the later one holds; so of two lines. */
export const readEnvFiles = async (
  paths: readonly string[],
  { env, cwd }: Place,
): Promise<Outcome<ReadonlyMap<string, EnvVariable>>> => {
  const variables = new Map<string, EnvVariable>();
  for (const named of paths) {
    const path = wholePath(named, { folder: cwd, home: homeIn(env) });
    const text = await textAt(path);
    if (!text.ok) return text;
    const read = readEnvText(text.value, path);
    if (!read.ok) return read;
    for (const variable of read.value) variables.set(variable.name, variable);
  }
  return ok(variables);
};

const textAt = async (path: string): Promise<Outcome<string>> => {
  try {
    const bytes = await readBounded(path);
    if (bytes === 'too long')
      return refuse(
        'too_large',
        `The env file ${path} has more than ${textBytesMax} bytes, which is the limit. Divide it: --env-file may be given several times.`,
        { path },
      );
    const text = textIn(bytes);
    return text === undefined
      ? refuse('invalid_input', `The env file ${path} is not text in UTF-8. Name another.`, { path })
      : ok(text);
  } catch (thrown) {
    const reason = errorCodeIn(thrown);
    return reason === 'ENOENT' || reason === 'ENOTDIR'
      ? refuse('not_found', `There is no env file ${path}. Name another with --env-file.`, { path })
      : refuse(
          'forbidden',
          `The env file ${path} cannot be read (${reason}). Make it readable, or name another.`,
          {
            path,
            reason,
          },
        );
  }
};
