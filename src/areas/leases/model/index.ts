export { type Fence, fenceSchema } from './fence.ts';
export { initialLeases } from './lease.ts';
