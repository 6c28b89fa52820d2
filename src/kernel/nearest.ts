/** Longer names are not compared: what somebody sends is never worth more work than a name. */
const comparedCharactersMax = 64;

/** How far apart two names may be, in edits, and still be taken for each other. */
const editsMax = 3;

/**
 * The known name that somebody probably meant: the words in another order or spelling (`claimTask`), else the one that
 * is the fewest edits away. Undefined when none is near.
 */
export const nearestName = (wanted: string, known: readonly string[]): string | undefined => {
  if (wanted.length > comparedCharactersMax) return undefined;
  const words = wordsOf(wanted);
  const sameWords = known.find((name) => wordsOf(name).toSorted().join('_') === words.toSorted().join('_'));
  if (sameWords !== undefined) return sameWords;
  const spelt = words.join('_');
  const allowed = Math.min(editsMax, Math.floor(spelt.length / 3));
  let nearest: string | undefined;
  let fewest = allowed + 1;
  for (const name of known) {
    if (Math.abs(name.length - spelt.length) > allowed) continue;
    const edits = editsBetween(spelt, name);
    if (edits < fewest) {
      nearest = name;
      fewest = edits;
    }
  }
  return nearest;
};

const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');

/** Insertions, deletions, replacements and swaps of two neighbours (the distance of optimal string alignment). */
const editsBetween = (a: string, b: string): number => {
  let before: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
          ? (before[column - 2] ?? 0) + 1
          : replaced;
      line.push(Math.min(replaced, swapped, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1));
    }
    before = above;
    above = line;
  }
  return above[b.length] ?? 0;
};
