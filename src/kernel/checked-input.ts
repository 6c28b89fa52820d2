import type { z } from 'zod';
import { type Outcome, type Refusal, ok, refuse } from './errors.ts';
import { inputWords } from './input-words.ts';
import { repeatable } from './text.ts';

/** The input as its schema gives it, or the refusal that says what is wrong with it. */
export const checkInput = <I>(
  { name, input }: { readonly name: string; readonly input: z.ZodType<I> },
  raw: unknown,
): Outcome<I> => {
  const parsed = parsedBy(input, raw);
  if (parsed === undefined) {
    return refuse(
      'invalid_input',
      `The input of ${name} is not valid: it has a member "length" where a text or a list belongs. Correct it and call again.`,
    );
  }
  return parsed.success ? ok(parsed.data) : refuseInput(name, parsed.error);
};

/** The library compares the length of whatever has one, and throws where that is no number and cannot become one. */
const parsedBy = <I>(input: z.ZodType<I>, raw: unknown): z.ZodSafeParseResult<I> | undefined => {
  try {
    return input.safeParse(raw, { error: inputWords });
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
};

/** How many problems the message names, and how many the details list: an input can have one for every few bytes. */
const issuesNamedMax = 5;
const issuesListedMax = 20;

/** The names of members, and messages that hold them, are somebody else's text. */
const memberCharactersMax = 80;
const issueCharactersMax = 300;

/** One sentence per problem, then what to do. */
const refuseInput = (name: string, { issues }: z.ZodError): Refusal => {
  const listed = issues.slice(0, issuesListedMax).map(({ path, message }) => ({
    at: path.map((part) => repeatable(String(part), memberCharactersMax)).join('.'),
    message: repeatable(message, issueCharactersMax),
  }));
  const named = listed
    .slice(0, issuesNamedMax)
    .map(({ at, message }) => (at === '' ? message : `${at}: ${message}`));
  const unnamed = issues.length - named.length;
  const unlisted = issues.length - listed.length;
  return refuse(
    'invalid_input',
    `The input of ${name} is not valid: ${named.join('; ')}${unnamed > 0 ? `; and ${unnamed} more` : ''}. Correct it and call again.`,
    { issues: listed, ...(unlisted > 0 && { unlisted }) },
  );
};
