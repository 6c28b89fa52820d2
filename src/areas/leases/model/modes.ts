/** How a lock is held: by one session alone, or together with others. */
export const modes = ['exclusive', 'shared'] as const;

export type Mode = (typeof modes)[number];

/** What a hold on a part does to the whole: it intends to hold something below it. */
type Intention = 'intention_exclusive' | 'intention_shared';

const intentionOf = (mode: Mode): Intention =>
  mode === 'exclusive' ? 'intention_exclusive' : 'intention_shared';

/** LE9. Source: the matrix of InnoDB's table locks (MySQL reference manual, "InnoDB Locking"). */
const compatible: Readonly<Record<Mode | Intention, readonly (Mode | Intention)[]>> = {
  exclusive: [],
  shared: ['shared', 'intention_shared'],
  intention_exclusive: ['intention_exclusive', 'intention_shared'],
  intention_shared: ['shared', 'intention_exclusive', 'intention_shared'],
};

/** Where the other lock lies, seen from the one that is asked for. */
export type Where = 'here' | 'above' | 'below';

/** The modes of locks that lie there which are in the way of one in this mode. */
export const modesInTheWay = (mode: Mode, where: Where): readonly Mode[] => inTheWay[mode][where];

const conflicts = (mode: Mode, where: Where, other: Mode): boolean => {
  switch (where) {
    case 'here':
      return !compatible[mode].includes(other);
    case 'above':
      return !compatible[intentionOf(mode)].includes(other);
    case 'below':
      return !compatible[mode].includes(intentionOf(other));
  }
};

const allOf = (mode: Mode): Readonly<Record<Where, readonly Mode[]>> => ({
  here: modes.filter((other) => conflicts(mode, 'here', other)),
  above: modes.filter((other) => conflicts(mode, 'above', other)),
  below: modes.filter((other) => conflicts(mode, 'below', other)),
});

const inTheWay: Readonly<Record<Mode, Readonly<Record<Where, readonly Mode[]>>>> = {
  exclusive: allOf('exclusive'),
  shared: allOf('shared'),
};
