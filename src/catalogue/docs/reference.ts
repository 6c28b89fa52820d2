import type { Area } from '../../kernel/area.ts';
import { errorTable } from '../../kernel/errors.ts';
import type { Catalogue } from '../catalogue.ts';
import { errorCodes } from '../errors.ts';
import { code, codes, markdownTable, page } from './markdown.ts';
import { modesPage, standardSnapshot } from './modes.ts';
import { operationSnapshot, operationsPage } from './operations.ts';
import { permissionsPage } from './permissions.ts';
import { rateLimitsPage } from './rate-limits.ts';

/** All of docs/reference: the content of each file by its path in that folder. */
export const referenceFiles = (catalogue: Catalogue, areas: readonly Area[]): ReadonlyMap<string, string> =>
  new Map([
    ['operations.md', operationsPage(catalogue)],
    ['modes.md', modesPage(catalogue)],
    ['permissions.md', permissionsPage(catalogue)],
    ['rate-limits.md', rateLimitsPage(catalogue)],
    ['standard-tools.json', standardSnapshot(catalogue)],
    ['errors.md', errorsPage()],
    ['events.md', eventsPage(areas)],
    ['cascades.md', cascadesPage(areas)],
    ...catalogue.operations.map((operation): [string, string] => [
      `schemas/${operation.name}.json`,
      operationSnapshot(catalogue, operation),
    ]),
  ]);

const yesNo = (yes: boolean): string => (yes ? 'yes' : 'no');

const errorsPage = (): string =>
  page('Errors', [
    'Every refusal has one of these codes and a message that says what happened, why, and what to do next. Over HTTP it is `{"error": {"code", "message", "retryable", "details"}}`; as the result of an MCP tool it is text that ends with the code in brackets.',
    '"Retry" means that the same call may succeed later without being changed. The exit code is that of the command line.',
    markdownTable(
      ['Code', 'HTTP', 'JSON-RPC', 'Exit', 'Retry', 'Meaning'],
      errorCodes.map((name) => {
        const { http, jsonRpc, exit, retryable, meaning } = errorTable[name];
        return [code(name), String(http), String(jsonRpc), String(exit), yesNo(retryable), meaning];
      }),
    ),
  ]);

const eventsPage = (areas: readonly Area[]): string =>
  page('Events', [
    'What the journal holds: one entry per event, in order, never changed. Personal members can hold text about people; no decision depends on them.',
    '`GET /v1/events` streams them as they happen, as server-sent events: see `/openapi.json` of a hub. `?area=`, `?kind=` and `?agent=` choose, each with one name or several between commas. A stream that has broken goes on behind the id that comes back in `Last-Event-ID` or `?since=`; without one it begins with how things stand.',
    ...areas.flatMap(({ name, events }) => [
      `## ${name}`,
      markdownTable(
        ['Event', 'Version', 'Personal members', 'Meaning'],
        Object.entries(events).map(([type, { version, personal, meaning }]) => [
          code(type),
          String(version),
          codes(personal),
          meaning,
        ]),
      ),
    ]),
  ]);

const cascadesPage = (areas: readonly Area[]): string => {
  const guards = areas.flatMap((area) =>
    area.guards.map(({ name, watches, meaning }) => [code(name), area.name, codes(watches), meaning]),
  );
  const policies = areas.flatMap((area) =>
    area.policies.map(({ name, after, meaning, bestEffort }) => [
      code(name),
      area.name,
      codes(after),
      meaning,
      yesNo(bestEffort),
    ]),
  );
  return page('Guards and policies', [
    'Where one area has a say in what another does. A command and everything that follows from it is one unit: it is stored whole or not at all.',
    '## Guards',
    'A guard looks at a command of any area before it is decided, and may refuse it.',
    guards.length === 0 ? 'There are none.' : markdownTable(['Guard', 'Area', 'Watches', 'Meaning'], guards),
    '## Policies',
    'A policy adds a command of its own area after an event. When that command is refused, the whole unit is, unless the policy is best effort.',
    policies.length === 0
      ? 'There are none.'
      : markdownTable(['Policy', 'Area', 'After', 'Meaning', 'Best effort'], policies),
  ]);
};
