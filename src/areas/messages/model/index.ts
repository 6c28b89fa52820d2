export { shownDefault } from './limits.ts';
export { initialMessages, mailboxOf, messageId, undeliveredCount } from './message.ts';
export {
  Room,
  carriedBy,
  carriedOutput,
  expiresUnread,
  messageShape,
  selectUnread,
  sentIn,
  unreadOf,
  viewSent,
} from './reading.ts';
export { eachSeq, firstSeq } from './seqs.ts';
