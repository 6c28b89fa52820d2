/**
 * Why a URL of a database is not what it was meant to be; undefined when nothing speaks against it. What is not escaped in
 * a password ends it there, and its rest would be taken for a path, a parameter or nothing, and be shown.
 */
export const faultInText = (text: string): string | undefined => {
  if (text.includes('#')) return 'it has a "#", behind which nothing counts; in a password write %23';
  const behindHost = /^[^:]*:\/\/[^/?]*(.*)$/s.exec(text)?.[1] ?? '';
  return behindHost.includes('@')
    ? 'there is an "@" behind the host; in a password write / as %2F, ? as %3F and @ as %40'
    : undefined;
};
