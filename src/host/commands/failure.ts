import type { Refusal } from '../../kernel/errors.ts';
import type { Telling } from '../../surfaces/cli/refusal-text.ts';

/** A refusal together with what only its command knows of it. */
export interface Failure extends Refusal {
  readonly telling: Telling;
}

export const failWith = (refusal: Refusal, telling: Telling): Failure => ({ ...refusal, telling });

export const isFailure = (refusal: Refusal): refusal is Failure => 'telling' in refusal;
