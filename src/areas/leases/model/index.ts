export { type Fence, fenceSchema } from './fence.ts';
export { initialLeases, leasesOn, resolved } from './lease.ts';
export { readLockName, segmentsOf } from './names.ts';
