import { type Outcome, ok } from '../../kernel/errors.ts';
import { homeIn } from '../configuration/find-files.ts';
import { type Form, wholePath } from '../configuration/forms.ts';
import type { SecretPlace } from './look-up-secret.ts';
import { referenceIn } from './references.ts';

/** A secret of the configuration. What it is stands in nothing that could be written down by accident. */
export interface Secret {
  /** Where it was said, as a sentence begins with it. */
  readonly place: string;
  /** A program is run to find it out, which may ask whoever sits there. */
  readonly runsProgram: boolean;
  /** What it is: looked up when it is asked for, and kept from then on. No refusal repeats it. */
  readonly text: () => Promise<Outcome<string>>;
  /** What it is by now: looked up once more. */
  readonly again: () => Promise<Outcome<string>>;
  /** The file that it was said to be in. */
  readonly file?: string;
}

/** A secret as it was said. */
export interface SaidSecret {
  readonly text: string;
  /** It stands for itself, whatever it looks like. */
  readonly literal: boolean;
  readonly place: string;
  /** Where a path that is not whole begins. */
  readonly folder: string;
  readonly form: Form;
}

export const secretIn = (
  { text, literal, place, folder, form }: SaidSecret,
  env: NodeJS.ProcessEnv,
): Secret => {
  const reference = literal ? undefined : referenceIn(text);
  if (reference === undefined) {
    const asItIs = async (): Promise<Outcome<string>> => ok(text);
    return { place, runsProgram: false, text: asItIs, again: asItIs };
  }
  let looking: Promise<Outcome<string>> | undefined;
  const again = (): Promise<Outcome<string>> =>
    (looking = lookUp({ reference, place, folder, form, env }, () => (looking = undefined)));
  return {
    place,
    runsProgram: reference.kind === 'command' || reference.kind === 'one password',
    text: () => looking ?? again(),
    again,
    ...(reference.kind === 'file' && { file: wholePath(reference.path, { folder, home: homeIn(env) }) }),
  };
};

/** What looks things up is loaded only where something is to be looked up. What was not found is looked for again. */
const lookUp = async (place: SecretPlace, failed: () => void): Promise<Outcome<string>> => {
  const { lookUpSecret } = await import('./look-up-secret.ts');
  const found = await lookUpSecret(place);
  if (!found.ok) failed();
  return found;
};

/** What it is, if there is one. */
export const textOfSecret = async (secret: Secret | undefined): Promise<Outcome<string | undefined>> =>
  secret === undefined ? ok(undefined) : secret.text();
