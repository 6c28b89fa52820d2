import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Asks a person; anything but yes, and the end of what can be typed, is no. */
export const isYes = (question: string, from: Readable, to: Writable): Promise<boolean> =>
  new Promise((resolve) => {
    const typing = createInterface({ input: from, output: to });
    const answer = (yes: boolean): void => {
      resolve(yes);
      typing.close();
    };
    typing.once('close', () => resolve(false));
    typing.once('SIGINT', () => answer(false));
    typing.question(question, (said) => answer(/^y(?:es)?$/i.test(said.trim())));
  });
