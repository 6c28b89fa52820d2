export const tasksMax = 1_000_000;
export const tasksPerAddMax = 100;
export const titleCharactersMax = 200;
export const bodyCharactersMax = 20_000;
/** Longer bodies are read from the journal when they are wanted. */
export const bodyKeptCharactersMax = 120;
export const noteCharactersMax = 4_000;
export const resultCharactersMax = 10_000;
export const reasonCharactersMax = 500;
export const labelsMax = 20;
export const requiresMax = 16;
export const filesMax = 50;
/** How many of these may be globs; each is compared with all those of held tasks. */
export const fileGlobsMax = 16;
export const linksMax = 20;
export const linkCharactersMax = 500;
export const checklistItemsMax = 50;
export const checklistItemCharactersMax = 300;
/** How many tasks one task may depend on. */
export const dependsOnMax = 50;
/** How many tasks may depend on one task. */
export const dependentsMax = 1_000;
/** How many tasks may stand above a task, parent over parent. */
export const ancestorsMax = 100;
/** How many tasks the search for a dependency cycle may look at. */
export const cycleSearchTasksMax = 20_000;
/** How many distinct pairs of project and required capabilities the open tasks may have. */
export const lanesMax = 512;
/** How many ready tasks the best-ready search may pass over because others hold their files. */
export const skippedCandidatesMax = 200;
/** How many steps a claim may spend on comparing files. */
export const fileComparisonStepsMax = 500_000;
/** How many of the tasks in the way a refusal names. */
export const blockersNamedMax = 10;
/** How many losses are remembered per agent. */
export const lossesPerAgentMax = 50;
export const listDefault = 20;
export const listMax = 100;
export const notesDefault = 5;
export const notesMax = 50;
export const historyDefault = 20;
/** How many dependents and children task_get names; their totals are always given. */
export const relativesNamedMax = 50;
export const claimWaitMsMax = 55_000;
export const cursorCharactersMax = 300;
