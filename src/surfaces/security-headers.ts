/**
 * What every answer tells a browser: to take nothing for what it is not said to be, to tell nobody where it was, to run
 * and show nothing of it, and to give it to no other site. No answer is kept, because each is for who asked.
 */
const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export const securityHeaders: Readonly<Record<string, string>> = headers;

/** The same as names and values in turn. */
export const securityHeaderList: readonly string[] = Object.entries(headers).flat();

/** The same in lower case, for answers that have headers in lower case already. */
export const lowerSecurityHeaders: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
);
