import type { Reply } from '../../src/engine/answers.ts';
import { isRecord } from '../../src/kernel/json.ts';
import type { Attempt } from './attempt.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Disk } from './world.ts';

type Value = Readonly<Record<string, unknown>>;

export const recordsIn = (value: unknown): readonly Value[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

/** The messages that an answer shows. */
export const messagesIn = (
  { operation }: { readonly operation: string },
  value: unknown,
): readonly Value[] =>
  (operation === 'inbox' || operation === 'wait') && isRecord(value) ? recordsIn(value['messages']) : [];

export const seqOfMessage = ({ id }: Value): number => Number(String(id).slice('M-'.length));

/** Holds what a hub has just answered against what is stored. */
export class AnswerChecks {
  readonly #ledger: Ledger;
  readonly #disk: Disk;

  constructor(ledger: Ledger, disk: Disk) {
    this.#ledger = ledger;
    this.#disk = disk;
  }

  check(attempt: Attempt, { value }: Reply): void {
    const { deed, entries } = attempt;
    const { checks, locks } = this.#ledger;
    // LE48: a place in a queue that ended without a grant; a repeat has a new one.
    const cameToNothing = (unit: number): boolean => locks.ended.has(unit);
    for (const entry of entries)
      checks.holds(
        'what was answered is stored',
        this.#disk.rows[entry.seq - 1]?.text === JSON.stringify(entry),
        () => `${deed.id} was answered with entry ${entry.seq}, and another or none is stored there`,
      );
    const [first] = entries;
    if (first !== undefined) {
      checks.holds(
        'repeats are answered alike',
        deed.unit === undefined ||
          deed.unit === first.seq ||
          cameToNothing(deed.unit) ||
          cameToNothing(first.seq),
        () => `${deed.id} was answered with the unit at ${deed.unit} and with that at ${first.seq}`,
      );
      deed.unit = first.seq;
      const written = deed.requestId === undefined ? undefined : this.#ledger.requests.get(deed.requestId);
      checks.holds(
        'what was answered is stored',
        deed.requestId === undefined || written?.seq === first.seq || cameToNothing(first.seq),
        () =>
          `${deed.id} was answered with the unit at ${first.seq}, and its request stands at ${written?.seq}`,
      );
    }
    if (isRecord(value)) this.#value(attempt, value);
  }

  #value(attempt: Attempt, value: Value): void {
    const { deed, agent } = attempt;
    const { checks, entries, mail } = this.#ledger;
    if (deed.operation === 'task_claim') {
      const claimed = entries[Number(value['epoch']) - 1];
      checks.holds(
        'what was answered is stored',
        claimed?.type === 'tasks.claimed' && claimed.actor.agent === agent,
        () =>
          `${deed.id} gave ${agent} ${String(value['id'])} under epoch ${String(value['epoch'])}, which is none`,
      );
    }
    if (deed.operation === 'lock_acquire')
      for (const { name, token } of recordsIn(value['locks'])) {
        const granted = entries[Number(token) - 1];
        checks.holds(
          'what was answered is stored',
          (granted?.type === 'leases.acquired' || granted?.type === 'leases.taken') &&
            granted.actor.agent === agent,
          () => `${deed.id} gave ${agent} ${String(name)} under token ${String(token)}, which is none`,
        );
      }
    for (const message of messagesIn(deed, value)) {
      const sent = mail.messages.get(seqOfMessage(message));
      checks.holds(
        'messages arrive whole and reach their recipients',
        sent?.to.includes(agent) === true && sent.text === message['text'] && sent.from === message['from'],
        () => `${agent} was shown ${JSON.stringify(message)}, which was not sent to it so`,
      );
    }
  }
}
