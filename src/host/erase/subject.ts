import type { Authorship } from '../../journal/authorship.ts';
import { type Erasable, isErasable } from '../../journal/subject-keys.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { nearestName } from '../../kernel/nearest.ts';
import { quoted, repeatable } from '../../kernel/text.ts';
import type { SubjectKind } from '../commands/flags.ts';

const nameCharactersShown = 80;
const namesShown = 10;

/** Whose text is meant by a name, and how much there is of it. */
export interface WantedSubject {
  readonly of: Erasable;
  /** For people. */
  readonly whose: string;
  readonly sealed: number;
  readonly plain: number;
}

/** Who is meant, among those who wrote into the journal. */
export const subjectOf = (
  authors: readonly Authorship[],
  name: string,
  kind: SubjectKind | undefined,
): Outcome<WantedSubject> => {
  const candidates: Readonly<Record<SubjectKind, Erasable>> = {
    principal: { principal: name },
    agent: { agent: name },
  };
  const kinds = kind === undefined ? (['principal', 'agent'] as const) : [kind];
  const found = kinds.filter((one) => authors.some((author) => isErasable(author, candidates[one])));
  const [first, second] = found;
  if (first === undefined) return unknownSubject(authors, name);
  if (second !== undefined) {
    return refuse(
      'invalid_input',
      `A principal and an agent are called ${quoted(name)}. Nothing was done. Say which is meant: --kind principal for all that the principal and its agents wrote, --kind agent for the agent alone.`,
    );
  }
  const of = candidates[first];
  const texts = authors.filter((author) => isErasable(author, of));
  return ok({
    of,
    whose: first === 'principal' ? `principal "${name}" and its agents` : `agent "${name}"`,
    sealed: texts.reduce((sum, { sealed }) => sum + sealed, 0),
    plain: texts.reduce((sum, { plain }) => sum + plain, 0),
  });
};

const unknownSubject = (authors: readonly Authorship[], name: string) => {
  const names = [
    ...new Set(
      authors.flatMap(({ principal, agent }) => (agent === undefined ? [principal] : [principal, agent])),
    ),
  ].toSorted();
  const near = nearestName(name, names);
  const known = names.slice(0, namesShown).join(', ');
  const hint =
    near === undefined
      ? names.length === 0
        ? 'Nobody has.'
        : `Those who did are ${known}${names.length > namesShown ? ', …' : ''}.`
      : `Did you mean ${quoted(near)}?`;
  return refuse(
    'invalid_input',
    `Nobody called ${quoted(repeatable(name, nameCharactersShown))} has written anything here. Nothing was done. ${hint}`,
    { ...(near !== undefined && { near }) },
  );
};
