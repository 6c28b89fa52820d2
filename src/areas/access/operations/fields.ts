import { z } from 'zod';
import { categories } from '../../../kernel/categories.ts';
import { lineSchema } from '../../../kernel/ids.ts';
import { isName, nameLengthMax, nameWords } from '../../../kernel/names.ts';
import {
  everything,
  lifeSecondsMax,
  lifeSecondsMin,
  reasonCharactersMax,
  scopeNamesMax,
  tokenPrefix,
} from '../model.ts';
import { tokenShape } from '../view.ts';

export const tokenIdSchema = z
  .string()
  .regex(
    /^tk_[0-9a-z]{10}$/,
    'The id of a token is tk_ and 10 small letters and digits; token_list shows it',
  );

export const lifeSchema = z.union([
  z.int().min(lifeSecondsMin).max(lifeSecondsMax).describe('seconds'),
  z.literal('never'),
]);

export const reasonSchema = lineSchema('A reason', reasonCharactersMax);

/** A list of some, or that which stands for all. */
const someOrAll = <T extends string>(one: z.ZodType<T>) =>
  z
    .array(one)
    .min(1)
    .max(scopeNamesMax)
    .refine((given) => given.length === 1 || given.every((name) => name !== everything), {
      message: `Give names, or ${everything} alone`,
    });

export const workspacesSchema = someOrAll(
  z
    .string()
    .max(nameLengthMax)
    .refine((name) => name === everything || isName(name), {
      message: `${nameWords.characters('A workspace name')}; or give ${everything} for all`,
    }),
);

export const categoriesSchema = someOrAll(z.enum([everything, ...categories]));

/** A token in the answer to a call that has drawn a secret. */
export const shownShape = {
  token: z.string().optional().describe('what to show as bearer; nobody can read it again'),
  shown: z.boolean().describe('false: this repeats a call whose answer had the token'),
  hint: z.string().optional(),
  ...tokenShape,
};

/** What people read of such an answer. */
export const shownTexts = {
  forPrograms: ['shown'],
  afterwards: {
    having: 'token',
    remark:
      'This token is shown this once. Put it into SIGNALBOX_TOKEN of the program that is to use it; nobody can read it again.',
  },
} as const;

/** AC4: the token itself, or why it is not there. */
export const shownToken = (secret: string | undefined, id: string) =>
  secret === undefined
    ? {
        shown: false,
        hint: `The answer to the first call had the token, and it is not kept. Call token_refresh for another: {"id":"${id}"}.`,
      }
    : { token: `${tokenPrefix}${secret}`, shown: true };

/** AC22 */
export const asksSchema = z.boolean().describe('whether the hub lets in only who shows a token');
