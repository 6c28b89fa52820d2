import { type JournalIdentity, StoreFailure } from '../../journal/store.ts';
import {
  type Erasable,
  type FreshKey,
  type Subject,
  type SubjectKey,
  type SubjectKeys,
  subjectName,
} from '../../journal/subject-keys.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { storeFailure } from './failures.ts';
import type { JournalKeys } from './keys.ts';
import type { FunctionName } from './library.ts';
import { identityText, textsOf, verdictOf } from './replies.ts';
import type { Server } from './server.ts';

interface SubjectKeysParts {
  readonly server: Server;
  readonly keys: JournalKeys;
  readonly identity: JournalIdentity;
  /** Why one of our functions did something else. */
  readonly refusalOf: (verdict: string, detail: unknown) => Promise<Refusal>;
}

/** Keys in a hash beside the journal, each change in one function of ours. All of it can be done twice. */
export class RedisSubjectKeys implements SubjectKeys {
  readonly #parts: SubjectKeysParts;

  constructor(parts: SubjectKeysParts) {
    this.#parts = parts;
  }

  readonly load = async (): Promise<readonly SubjectKey[]> => {
    const { server, keys } = this.#parts;
    const answer = await server.read(['HGETALL', keys.subjectKeys]);
    if (!answer.ok) throw storeFailure(answer);
    const fields = pairsIn(textsOf(answer.value));
    const writing = new Set(fields.flatMap(([field, id]) => (field.startsWith(ofSubject) ? [id] : [])));
    return fields.flatMap(([field, value]) => {
      if (!field.startsWith(keyField)) return [];
      const id = field.slice(keyField.length);
      return [keyOf(id, value, !writing.has(id))];
    });
  };

  readonly ensure = async (fresh: readonly FreshKey[]): Promise<readonly SubjectKey[]> => {
    const args = fresh.flatMap(({ id, subject, secret }) => [id, hexOf(secret), subjectName(subject)]);
    const kept = await this.#change('ensure', 'kept', args);
    return pairsIn(kept).map(([id, value]) => keyOf(id, value, false));
  };

  readonly retire = (of: Erasable): Promise<readonly string[]> =>
    this.#change('retire', 'retired', 'principal' in of ? ['principal', of.principal] : ['agent', of.agent]);

  readonly destroy = async (ids: readonly string[]): Promise<void> => {
    if (ids.length === 0) return;
    await this.#change('destroy', 'destroyed', ids);
    await this.#parts.server.rewriteLog();
  };

  readonly adopt = async (keys: readonly SubjectKey[]): Promise<void> => {
    if (keys.length === 0) return;
    const args = keys.flatMap(({ id, subject, secret, retired }) => [
      id,
      hexOf(secret),
      subject === undefined ? '' : subjectName(subject),
      retired ? '0' : '1',
    ]);
    await this.#change('adopt', 'adopted', args);
  };

  async #change(name: FunctionName, done: string, args: readonly string[]): Promise<readonly string[]> {
    const { server, keys, identity, refusalOf } = this.#parts;
    if (!server.durability.ok) throw storeFailure(server.durability);
    const call = () => server.call(name, [keys.journal, keys.subjectKeys], [identityText(identity), ...args]);
    const first = await call();
    const answer = !first.ok && first.code === 'outcome_unknown' ? await call() : first;
    if (!answer.ok) throw storeFailure(answer);
    const { verdict, rest } = verdictOf(answer.value);
    if (verdict !== done) throw new StoreFailure(await refusalOf(verdict, rest[0]));
    return textsOf(rest);
  }
}

const keyField = 'key ';
const ofSubject = 'of ';
const destroyed = '-';

const hexOf = (secret: Uint8Array | undefined): string =>
  secret === undefined ? destroyed : Buffer.from(secret).toString('hex');

const keyOf = (id: string, value: string, retired: boolean): SubjectKey => {
  const [secret = destroyed, ...subject] = value.split(' ');
  return {
    id,
    subject: subjectIn(subject),
    secret: secret === destroyed ? undefined : Buffer.from(secret, 'hex'),
    retired,
  };
};

const subjectIn = ([principal = '', agent]: readonly string[]): Subject | undefined => {
  if (principal === '') return undefined;
  return agent === undefined ? { principal } : { principal, agent };
};

const pairsIn = (texts: readonly string[]): readonly (readonly [string, string])[] =>
  texts.flatMap((text, at) => (at % 2 === 0 ? [[text, texts[at + 1] ?? ''] as const] : []));
