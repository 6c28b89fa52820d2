import { dayMs, secondMs } from '../../../kernel/instants.ts';

/** How many portals a workspace keeps; a new one beyond that takes the place of a closed one. */
export const portalsMax = 10_000;
/** How many portals an agent may have to look after, whoever opened them. */
export const livePortalsPerAgentMax = 200;
/** How many requests may wait for the answer of one agent, over all its portals. */
export const pendingRequestsPerAgentMax = 100;
/** After so many items nothing more can be sent; what was asked can still be answered. */
export const itemsPerPortalMax = 1_000;
export const textCharactersMax = 20_000;
export const aboutCharactersMax = 200;
export const reasonCharactersMax = 500;
const daySeconds = dayMs / secondMs;
export const expirySecondsDefault = daySeconds;
export const expirySecondsMax = 30 * daySeconds;
export const readDefault = 20;
export const readMax = 100;
/** How many characters of text one answer carries, unless a single text alone is longer. */
export const answerCharactersMax = 60_000;
export const listDefault = 20;
export const listMax = 100;
export const cursorCharactersMax = 300;
