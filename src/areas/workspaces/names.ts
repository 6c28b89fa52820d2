import { nameLengthMax } from '../../kernel/names.ts';

/** What the hub's own journal is called. */
export const hubName = 'hub';

/** The journal named `hub` is not a workspace, and the hub's own files stand beside the workspaces'. */
export const reservedNames: readonly string[] = [hubName];

/** Where those meet who are in no repository. A repository that happens to be called that is not meant. */
export const mainWorkspace = 'main';

/** The name itself, or the first of `name-2`, `name-3`, … that nobody has or had. `isTaken` is asked in small letters. */
export const freeName = (wanted: string, isTaken: (name: string) => boolean): string => {
  const isFree = (name: string): boolean => {
    const lower = name.toLowerCase();
    return lower !== mainWorkspace && !reservedNames.includes(lower) && !isTaken(lower);
  };
  let name = wanted;
  for (let number = 2; !isFree(name); number += 1) {
    const suffix = `-${number}`;
    name = wanted.slice(0, nameLengthMax - suffix.length) + suffix;
  }
  return name;
};
