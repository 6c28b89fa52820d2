/** How many cells of a terminal a text takes. */
export type WidthOf = (text: string) => number;

const plainPattern = /^[\n\u0020-\u007e]*$/;

/**
 * How wide texts are, if they hold nothing but what `sample` holds. Emoji and wide characters need a library whose
 * loading takes longer than all the rest of a short command, so it is loaded only where there are such.
 */
export const widthsFor = async (sample: string): Promise<WidthOf> => {
  if (plainPattern.test(sample)) return (text) => text.length;
  const { default: stringWidth } = await import('string-width');
  return (text) => (plainPattern.test(text) ? text.length : stringWidth(text));
};
