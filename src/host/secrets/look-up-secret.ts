import { type Outcome, refuse } from '../../kernel/errors.ts';
import { type Form, faultIn } from '../configuration/forms.ts';
import { forwardSignals } from '../run/signals.ts';
import { type Reference, referenceIn } from './references.ts';
import { valueAt } from './resolve-variables.ts';

/** A secret that is to be looked up. */
export interface SecretPlace {
  readonly reference: Reference;
  /** Where it was said, as a sentence begins with it. */
  readonly place: string;
  /** Where a path that is not whole begins. */
  readonly folder: string;
  /** What the value has to look like. */
  readonly form: Form;
  readonly env: NodeJS.ProcessEnv;
}

/** Looks a secret of the configuration up. A signal that ends this process ends the program that is run for it. */
export const lookUpSecret = async ({
  reference,
  place,
  folder,
  form,
  env,
}: SecretPlace): Promise<Outcome<string>> => {
  const signals = forwardSignals();
  try {
    const value = await valueAt(reference, { env, signals, folder });
    if (!value.ok) return refuse(value.code, `${place}: ${value.message}.`, value.details);
    if (referenceIn(value.value) !== undefined)
      return refuse(
        'invalid_input',
        `${place}: what was looked up is a reference again, and only one is followed. Say that one here.`,
      );
    // Why it cannot be might repeat it.
    return faultIn(form, value.value) === undefined
      ? value
      : refuse('invalid_input', `${place}: what was looked up cannot be the value. See what stands there.`);
  } finally {
    signals.forget();
  }
};
