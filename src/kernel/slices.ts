/**
 * The state of a workspace: one slice per area. Each area adds its own member to this interface in its `model.ts`
 * (TypeScript's declaration merging), so that the kernel knows the shape of the whole and of no part.
 */
export interface Slices {}

export type AreaName = Extract<keyof Slices, string>;

/** The slices that somebody may look at. */
export type World<Names extends AreaName = AreaName> = Readonly<Pick<Slices, Names>>;
