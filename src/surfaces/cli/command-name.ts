/** An operation as it is typed behind `signalbox`: `task_add` is `task add`. */
export const commandOf = (operation: string): string => operation.replace('_', ' ').replaceAll('_', '-');
