import { quoted } from '../../kernel/text.ts';
import { isLoopback } from '../../surfaces/http/loopback.ts';
import type { Form } from './forms.ts';
import { isScope, rulesIn, wordsIn } from './oauth-roles.ts';

/** Whether the host of an address is one of this machine, as it stands there. */
export const isHere = ({ hostname }: URL): boolean => isLoopback(hostname.replace(/^\[|\]$/g, ''));

/** Why nobody should be asked under this address, as the end of a sentence; undefined when it is fine. */
const faultInAddress = (text: string): string | undefined => {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'it is no address such as https://login.example.com';
  if (url.protocol === 'http:' && !isHere(url))
    return 'what is said there could be read and changed on the way: it has to begin with https://';
  if (url.username !== '' || url.password !== '') return 'it holds a name or a password';
  return /[?#\s]/.test(text) ? 'it holds more than a host and a path' : undefined;
};

const addressPattern = '^https?://[^?#\\s]+$';

/** RFC 8414, section 2: https, without query and fragment. */
export const issuerForm: Form = {
  schema: { type: 'string', pattern: addressPattern },
  fault: faultInAddress,
};

export const resourceForm: Form = {
  schema: { type: 'string', pattern: '^https?://[^/?#\\s]+/?$' },
  fault: (text) => {
    const fault = faultInAddress(text);
    if (fault !== undefined) return fault;
    return URL.parse(text)?.pathname === '/'
      ? undefined
      : 'it has a path: give what stands before /mcp, such as https://signalbox.example.com';
  },
};

export const rolesForm: Form = {
  schema: { type: 'string', minLength: 1 },
  fault: (text) => {
    const rules = rulesIn(text);
    return rules.ok ? undefined : rules.message;
  },
};

export const scopeForm: Form = {
  schema: { type: 'string', minLength: 1 },
  fault: (text) => (isScope(text) ? undefined : `${quoted(text)} is no scope`),
};

export const scopesForm: Form = {
  schema: { type: 'string', minLength: 1 },
  fault: (text) => {
    const wrong = wordsIn(text).find((word) => !isScope(word));
    if (wrong !== undefined) return `${quoted(wrong)} is no scope that clients should ask for`;
    return wordsIn(text).length === 0 ? 'it is empty' : undefined;
  },
};
