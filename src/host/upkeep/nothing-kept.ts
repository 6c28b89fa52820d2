import { type Refusal, refuse } from '../../kernel/errors.ts';

export const nothingKept = (place: string, what: string): Refusal =>
  refuse(
    'workspace_unknown',
    `There is no workspace in ${place} yet, so there is nothing to ${what}. Name another data directory with --data-dir.`,
    { place },
  );
