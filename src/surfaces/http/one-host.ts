import { type Refusal, refuse } from '../../kernel/errors.ts';

const name = 'host';

/**
 * RFC 9112, section 3.2: a request with several Host headers is refused. Node gives the first of them, and what stands
 * before this hub might go by another.
 *
 * @param rawHeaders - names and values in turn, as they came.
 */
export const refuseSecondHost = (rawHeaders: readonly string[]): Refusal | undefined => {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] ?? '';
    if (header.length === name.length && header.toLowerCase() === name) hosts += 1;
  }
  return hosts > 1
    ? refuse('invalid_input', 'The request has more than one Host header. Send one.', { header: 'Host' })
    : undefined;
};
