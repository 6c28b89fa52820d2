import type { Storage } from '../../journal/storage.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { keys } from '../configuration/keys.ts';

export const nothingKept = ({ place, kind }: Pick<Storage, 'place' | 'kind'>, what: string): Refusal =>
  refuse(
    'workspace_unknown',
    `There is no workspace in ${place} yet, so there is nothing to ${what}. ${kind === 'sqlite' ? 'Name another data directory with --data-dir.' : `See that the address of the database and ${keys.cluster.variable} are right.`}`,
    { place },
  );
