/** Two, which is what the machine of a newcomer has cores for. */
const laneCount = 2;

/** Does the work on every item, on two at any time. After a failure nothing more is begun. */
export const inLanes = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const left = items.values();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const item of left) {
      if (failed) return;
      try {
        await work(item);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  const lanes = Array.from({ length: laneCount }, lane);
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
};
