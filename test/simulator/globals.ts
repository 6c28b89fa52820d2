/*
 * What the engine takes from the process instead of from its options: turns of the loop, and chance. While a world is
 * simulated they come from that world. Everything else it needs is given to it.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { Random } from './random.ts';

export interface Surroundings {
  readonly random: Random;
  /** Has this called at a later turn of the loop of whoever asks. */
  readonly soon: (call: () => void) => void;
}

let current: Surroundings | undefined;
let installed = false;

const uuidOf = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

type Any = readonly unknown[];
type Call = (...given: Any) => unknown;

/** Puts `simulated` in the place of a function, for as long as there is a world. */
const replace = (
  owner: object,
  name: string,
  simulated: (world: Surroundings, given: Any) => unknown,
): void => {
  const original: Call = Reflect.get(owner, name);
  Reflect.set(owner, name, (...given: Any) =>
    current === undefined ? Reflect.apply(original, owner, given) : simulated(current, given),
  );
};

const install = (): void => {
  installed = true;
  replace(globalThis, 'setImmediate', ({ soon }, [call, ...given]) => {
    soon(() => void (typeof call === 'function' && Reflect.apply(call, undefined, given)));
  });
  replace(Math, 'random', ({ random }) => random.fraction());
  replace(crypto, 'randomUUID', ({ random }) => uuidOf(random.bytes(16).toString('hex')));
  replace(crypto, 'randomBytes', ({ random }, [size]) => random.bytes(Number(size)));
  for (const name of ['setTimeout', 'setInterval'])
    replace(globalThis, name, () => {
      throw new Error(`A simulated world has no ${name}.`);
    });
  replace(Date, 'now', () => {
    throw new Error('A simulated world has no Date.now.');
  });
  syncBuiltinESMExports();
};

/** Runs `work` in these surroundings. One world at a time. */
export const within = async <T>(surroundings: Surroundings, work: () => Promise<T>): Promise<T> => {
  if (current !== undefined) throw new Error('There is a simulated world already.');
  if (!installed) install();
  current = surroundings;
  try {
    return await work();
  } finally {
    current = undefined;
  }
};
