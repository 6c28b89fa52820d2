/**
 * Whether a pattern matches all of a text: `*` stands for any run of characters, `?` for one. Takes at most as many
 * steps as both are long, multiplied.
 */
export const matches = (pattern: string, text: string): boolean => {
  let [at, inText, star, resume] = [0, 0, -1, 0];
  while (inText < text.length) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at;
      resume = inText;
      at += 1;
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[inText])) {
      at += 1;
      inText += 1;
    } else if (star >= 0) {
      resume += 1;
      at = star + 1;
      inText = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
};
