/** Words filled into lines of so many columns; one that is longer than that has a line of its own. */
export const wrapped = (
  text: string,
  { first, next, columns }: { readonly first: string; readonly next: string; readonly columns: number },
): readonly string[] => {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = next;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
};
