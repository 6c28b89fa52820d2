import type { Form } from './forms.ts';

/** One thing that can be configured. */
export interface Key {
  /** Its name in the environment. */
  readonly variable: string;
  /** What stands for its value in help; undefined for a switch, which is only there or not. */
  readonly placeholder: string | undefined;
  /** What it is for, and what it is when nothing is said: a few words, for help. */
  readonly meaning: string;
  /** The same in sentences, for the reference and the example. */
  readonly description: string;
  readonly form: Form;
  readonly default?: string;
  /** A value that could stand there, where there is no default. */
  readonly example?: string;
  /**
   * Which files may say it. A repository's own file comes from whoever wrote the repository, so it says nothing that
   * decides where data goes or who is asked for it.
   */
  readonly files: 'every' | 'own' | 'none';
  /**
   * It is never shown, nor taken from a flag, which every user of the machine could read. It may be said by a reference,
   * and in a file by nothing else.
   */
  readonly secret?: true;
  /** A variable that is empty is refused, where going on without it would be worse than stopping; else it counts as none. */
  readonly neverEmpty?: true;
}
