/** What the stores of the tests have under way. A store in memory never has anything. */
let underWay = 0;
let waiting: (() => void)[] = [];

/** Counts the work as under way until it is done. */
export const working = async <T>(work: () => Promise<T>): Promise<T> => {
  const done = begun();
  try {
    return await work();
  } finally {
    done();
  }
};

/** Something is under way until what comes back is called. */
export const begun = (): (() => void) => {
  let isDone = false;
  underWay += 1;
  return () => {
    if (isDone) return;
    isDone = true;
    underWay -= 1;
    if (underWay > 0) return;
    for (const resolve of waiting.splice(0)) setImmediate(resolve);
  };
};

/** Resolves when no store has anything under way. */
export const atRest = async (): Promise<void> => {
  while (underWay > 0) await new Promise<void>((resolve) => void waiting.push(resolve));
};

/** Lets happen all that can while no time passes. */
export const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => void setImmediate(resolve));
    await atRest();
  }
};
