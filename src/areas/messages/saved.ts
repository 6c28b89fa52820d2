import type { SavedRow } from '../../kernel/area.ts';
import { present } from '../../kernel/assert.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Mailbox, type Message, type MessagesSlice, initialMessages } from './model/message.ts';
import { type Seqs, eachSeq, seqsOf } from './model/seqs.ts';

/** A mailbox in JSON's terms. */
interface SavedMailbox extends Omit<Mailbox, 'unread' | 'owed'> {
  readonly unread: readonly Seq[];
  readonly owed: readonly Seq[];
}

type Part =
  | { readonly part: 'message'; readonly row: Message }
  | { readonly part: 'mailbox'; readonly row: SavedMailbox }
  | { readonly part: 'recent'; readonly row: readonly Seq[] }
  | { readonly part: 'last'; readonly row: Seq };

const parts: readonly string[] = ['message', 'mailbox', 'recent', 'last'] satisfies readonly Part['part'][];

const flat = (seqs: Seqs): readonly Seq[] => [...eachSeq(seqs)];

export function* save(slice: MessagesSlice): Iterable<Part> {
  for (const row of slice.messages.values()) yield { part: 'message', row };
  for (const mailbox of slice.mailboxes.values()) {
    yield {
      part: 'mailbox',
      row: { ...mailbox, unread: flat(mailbox.unread), owed: flat(mailbox.owed) },
    };
  }
  yield { part: 'recent', row: flat(slice.recent) };
  yield { part: 'last', row: slice.last };
}

/** The slice in bulk form, as replay goes on with it. */
export const load = (rows: Iterable<SavedRow>): MessagesSlice => {
  let { messages, mailboxes, recent, last } = initialMessages;
  messages = messages.bulk();
  mailboxes = mailboxes.bulk();
  for (const saved of rows) {
    const { part, row } = present(asPart(saved), 'a snapshot holds the parts that its version writes');
    // JSON knows no `undefined`; a loaded record has the same members as a folded one.
    if (part === 'message')
      messages = messages.put({
        ...row,
        sender: row.sender,
        ackBy: row.ackBy,
        expiresAt: row.expiresAt,
      });
    else if (part === 'mailbox')
      mailboxes = mailboxes.put({ ...row, unread: seqsOf(row.unread), owed: seqsOf(row.owed) });
    else if (part === 'recent') recent = seqsOf(row);
    else last = row;
  }
  return { messages, mailboxes, recent, last };
};

const asPart = (saved: SavedRow): Part | undefined => (isPart(saved) ? saved : undefined);

const isPart = (saved: SavedRow): saved is Part => parts.includes(saved.part);
