import {
  type PerMinute,
  perMinuteOf,
  initialRates,
  limitOf,
  profileNames,
  profiles,
  roleFactors,
} from '../../areas/access/limits.ts';
import { rateClasses } from '../../kernel/rate.ts';
import type { RateClass } from '../../kernel/rate.ts';
import type { Catalogue } from '../catalogue.ts';
import { code, codes, markdownTable, page } from './markdown.ts';

const meanings: Readonly<Record<RateClass, string>> = {
  read: 'what changes nothing',
  general: 'everything else',
  task: 'what changes tasks',
  broadcast: '`message_send` to `everyone`',
};

const spoken = (perMinute: PerMinute | undefined): string =>
  typeof perMinute === 'number' ? perMinute.toLocaleString('en') : 'any number';

const roles = ['reader', 'worker', 'approver', 'admin'] as const;

/** How many calls a minute, for whom, and how they are counted. */
export const rateLimitsPage = ({ operations }: Pick<Catalogue, 'operations'>): string =>
  page('Rate limits', [
    'Who calls too often is refused with `rate_limited` (429), and told after how many seconds to call again; nothing is stored. Calls are counted by principal and class of operation. Other names of agents, other sessions and other tokens make no difference.',
    '## Profiles',
    'Calls a minute of a worker. `laptop` is what holds unless something is said: it stops what has run wild, and nothing that waits for its answers. `shared` is for a server that many use. The setting `rate-limits` (SIGNALBOX_RATE_LIMITS) chooses when a hub starts; `rate_limit_update` chooses while it runs, for all hubs on one store, and stands in the journal. It can also set single classes and the burst.',
    markdownTable(
      ['Class', 'Of', ...profileNames],
      [
        ...rateClasses.map((rate) => [
          code(rate),
          meanings[rate],
          ...profileNames.map((configured) => spoken(perMinuteOf(initialRates, configured, rate))),
        ]),
        [
          'burst',
          'so many more within any minute',
          ...profileNames.map((name) => spoken(profiles[name].burst)),
        ],
      ],
    ),
    `The number of a class is multiplied by ${roles.map((role) => `${roleFactors[role]} for ${role === 'admin' || role === 'approver' ? 'an' : 'a'} ${role}`).join(', ')}; then the burst is added. In the profile \`shared\` that is, within any minute:`,
    markdownTable(
      ['Class', ...roles],
      rateClasses.map((rate) => [
        code(rate),
        ...roles.map((role) => spoken(limitOf(initialRates, { configured: 'shared', rate, role }))),
      ]),
    ),
    '## How they are counted',
    'By a sliding window of a minute, in slots of three seconds: within no minute are more calls made than the limit, and each counts for 60 to 63 seconds. A call that waits counts once, when it begins; one that repeats another under its request id counts again; one that its caller may not make at all, or that is refused for its number, does not count.',
    'All hubs on one store share the counters, which lie beside the journal and are no part of it. A hub takes up to a hundredth of a limit at once, so that it need not ask for each call, and what of it is not used when the slot ends counts as used: with limits below 200, which are counted one by one, nothing is lost that way. A hub that cannot reach the counters counts for itself, and says so in its log.',
    '## What clients see',
    'Over HTTP a refusal has `Retry-After`, and with it `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers): `q` calls are accepted within `w` seconds, `r` are left, and after `t` seconds without another call all are. Answers have these two once less than half of a limit is left. A tool of MCP answers with the error and the seconds in its text. The command line ends with exit code 7. Programs of Signalbox never repeat such a call by themselves.',
    '## Classes',
    markdownTable(
      ['Class', 'Operations'],
      rateClasses.map((rate) => [
        code(rate),
        codes(
          operations
            .filter((operation) => operation.rate === rate || operation.otherRate === rate)
            .map(({ name }) => name),
        ),
      ]),
    ),
  ]);
