import { secondMs } from '../../../kernel/instants.ts';

/** The longest that a request may stay in the queue. */
export const waitMsMax = 600_000;
/** How long a lock that was granted from the queue waits for the call that asked for it. */
export const pickUpMs = 10 * secondMs;
export const delaySecondsMax = 60;
/** How many names one call may take or release. */
export const namesMax = 32;
/** How many of these may be globs; each is compared with all that are held. */
export const globsMax = 8;
/** How involved the glob of a lock may be, as `globWeight` counts it; beyond that comparing is no longer exact. */
export const globWeightMax = 32;
export const locksPerSessionMax = 500;
export const locksMax = 100_000;
/** How many requests of one session may wait at once, and how many of all. */
export const waitingPerSessionMax = 16;
export const waitingMax = 20_000;
export const nameCharactersMax = 320;
export const branchCharactersMax = 250;
/** How deep a name may be, its kind included. */
export const segmentsMax = 7;
export const segmentCharactersMax = 64;
export const purposeCharactersMax = 200;
export const reasonCharactersMax = 500;
export const aliasesMax = 10_000;
/** How many of those who ask for a lock are remembered, of each hold. */
export const asksPerHoldMax = 10;
export const lossesPerAgentMax = 50;
/** How many holds and places in the queue one batch lets lapse; the rest follows in the next. */
export const lapsesMax = 500;
/** How many steps one search for a circle of waiting sessions may take. */
export const circleSearchStepsMax = 20_000;
/** The same for all searches that one change sets off among those who wait already. */
export const circleChecksStepsMax = 40_000;
/** Of how many of an agent's requests that were taken out of a circle it is remembered. */
export const refusedPerAgentMax = 50;
/** How many of those in the way a refusal names. */
export const blockersNamedMax = 10;
/** How many of those in the way of a waiting request are asked when they end. */
export const blockersForDueMax = 100;
export const listDefault = 20;
export const listMax = 100;
/** How many waiting requests a list shows; their number is always given. */
export const queueShownMax = 20;
export const cursorCharactersMax = 300;
export const matchCharactersMax = 200;
