import type { OAuthSettings } from '../../configuration/oauth.ts';

/** What a token may be made out to. */
export interface Audience {
  /** Whether one of what a token names in `aud` is meant. */
  readonly accepts: (audience: unknown) => boolean;
  /** What to ask a token for; undefined where nothing is known that would be accepted. */
  readonly wanted: string | undefined;
}

const localNames = ['127.0.0.1', 'localhost', '[::1]'];
const pathPattern = /^(?:\/|\/mcp(?:\/[^/?#]{0,200})?)?$/;

/**
 * What was configured, or else the hub's own address, that of its MCP and that of one mode of it. The address does not
 * come from the header Host: whoever has a token for another hub of this machine could write that one's there.
 */
export const audienceOf = (
  { audiences, resource }: Pick<OAuthSettings, 'audiences' | 'resource'>,
  port: number | undefined,
): Audience => {
  const bases =
    resource !== undefined
      ? [resource]
      : port === undefined
        ? []
        : localNames.map((name) => new URL(`http://${name}:${port}`).origin);
  const isOurs = (one: string): boolean =>
    bases.some((base) => one.startsWith(base) && pathPattern.test(one.slice(base.length)));
  const accepted = audiences.length > 0 ? (one: string) => audiences.includes(one) : isOurs;
  const [base] = bases;
  return {
    accepts: (audience) => {
      const named: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
      return named.some((one) => typeof one === 'string' && accepted(one));
    },
    wanted: audiences[0] ?? (base && `${base}/mcp`),
  };
};
