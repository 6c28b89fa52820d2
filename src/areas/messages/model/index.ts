export { shownDefault } from './limits.ts';
export { type MessagesSlice, initialMessages, mailboxOf, messageId } from './message.ts';
export {
  type MessageView,
  Room,
  carriedBy,
  carriedOutput,
  messageShape,
  selectUnread,
  sentIn,
  unreadOf,
  viewSent,
} from './reading.ts';
export { firstSeq } from './seqs.ts';
