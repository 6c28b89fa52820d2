import { dayMs } from '../../../kernel/instants.ts';

export const textCharactersMax = 32_000;
export const subjectCharactersMax = 200;
/** How many addresses one message may name; a capability or everyone can stand for more agents than that. */
export const addressesMax = 100;
/** How many agents a text may mention. */
export const mentionsMax = 100;
/** How many agents an answer names whose names stand in the text without being mentions. */
export const notMentionedMax = 10;
/** How many unread messages an agent may have. */
export const unreadMax = 10_000;
/** How many acknowledgements an agent may owe. */
export const owedMax = 10_000;
/** How many messages are known without the journal, besides those that somebody has not read or acknowledged yet. */
export const messagesKeptMax = 10_000;
/** How many of the messages that an agent has read its inbox can show again. */
export const readKeptMax = 100;
/** How many of the messages that expired before an agent read them its inbox can show. */
export const lapsedKeptMax = 1_000;
/** How many failed deliveries are remembered per sender. */
export const undeliveredKeptMax = 50;
/** By how many entries those before them are counted; of more, the oldest count as one. */
export const forgottenKeptMax = 200;
/** How much of a text is kept for hints. */
export const beginningCharactersMax = 120;
export const ackDefaultMs = dayMs;
export const ackWithinSecondsMax = 7 * 86_400;
export const expirySecondsMax = 30 * 86_400;
/** How many messages one answer shows. */
export const shownDefault = 20;
export const shownMax = 100;
/** How many characters of text one answer shows; a message that is longer than all of it cannot be sent. */
export const shownCharactersMax = 60_000;
/** How many messages one call acknowledges. */
export const acknowledgedPerCallMax = 200;
/** How many recipients an answer names; their number is always given. */
export const recipientsNamedMax = 20;
/** How many recipients `message_get` tells the state of. */
export const deliveriesNamedMax = 200;
/** How many unread messages are listed as waiting, one by one. */
export const attentionMax = 100;
/** How many messages one entry lets expire; the rest follows in the next. */
export const expiredPerEntryMax = 500;
/** How many names a suggestion is looked for among. */
export const namesComparedMax = 1_000;
