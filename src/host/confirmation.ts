import { randomInt } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';

/** What is about to be done in a person's name. */
export interface PersonsAct {
  /** One or two sentences: what will be done, and with what. */
  readonly lines: readonly string[];
  /** What a person runs in a terminal to do it, such as `signalbox login`. */
  readonly command: string;
  /** One or two sentences for where nobody can be asked: what is meant, where that is not plain from the command. */
  readonly about?: string;
}

/** Where somebody is asked, and answers. */
export interface Desk {
  readonly from: Readable;
  readonly to: Writable;
  /** Whether what is asked is seen by, and what is read is typed by, whoever sits at a terminal. */
  readonly isTerminal: boolean;
}

/** Whether this process is run by somebody at a terminal: what is asked there is seen there, and answered there. */
export const atTerminal = (): boolean => isatty(0) && isatty(2);

const thisDesk = (): Desk => ({ from: process.stdin, to: process.stderr, isTerminal: atTerminal() });

const numbers = 10_000;
const digits = 4;

/**
 * Asks the person at the terminal to type a number that has just been drawn. No flag, variable or answer that was ready
 * before stands for it, so that no program confirms by accident what needs a person. Refused with `forbidden` when
 * something else is typed, nothing, or there is no terminal. Ctrl-C ends the process, as everywhere.
 */
export const confirmPerson = async (act: PersonsAct, desk: Desk = thisDesk()): Promise<Outcome<true>> => {
  const { lines, command, about } = act;
  const details = { needs: 'person' } as const;
  if (!desk.isTerminal) {
    return refuse(
      'forbidden',
      `This needs a person, who confirms it at a terminal, and there is none here. Nothing was done.${about === undefined ? '' : ` ${about}`} Ask the person you work for to run in a terminal: ${command}`,
      details,
    );
  }
  const number = String(randomInt(numbers)).padStart(digits, '0');
  for (const line of lines) desk.to.write(`${printable(line)}\n`);
  const typed = await lineTyped(`Type ${number} to do this as yourself; anything else does nothing: `, desk);
  return typed === number
    ? ok(true)
    : refuse(
        'forbidden',
        `The number was not typed as it was shown. Nothing was done. Run it again: ${command}`,
        details,
      );
};

/** The next line, without what surrounds it; undefined at the end of what can be typed. */
const lineTyped = async (question: string, { from, to }: Desk): Promise<string | undefined> => {
  const { createInterface } = await import('node:readline');
  return new Promise((resolve) => {
    // The terminal itself echoes, edits and hears Ctrl-C, which ends the process.
    const typing = createInterface({ input: from, terminal: false });
    typing.once('line', (line) => {
      resolve(line.trim());
      typing.close();
    });
    typing.once('close', () => resolve(undefined));
    to.write(question);
  });
};
