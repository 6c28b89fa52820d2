const charactersMax = 80;

/** Where somebody has put a token though it belongs into a header. */
const tokens = /sbx_[\w-]*/g;

/** What a log says of an address: no query, nothing of a token, and not at any length. */
export const loggedPath = (url: string): string => {
  const [path = ''] = url.slice(0, 2 * charactersMax).split('?', 1);
  return path.replaceAll(tokens, 'sbx_...').slice(0, charactersMax);
};
