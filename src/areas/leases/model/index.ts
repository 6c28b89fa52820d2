export { type Fence, fenceSchema } from './fence.ts';
export { waitingFor } from './conflicts.ts';
export { heldLeases, initialLeases, leasesIn, leasesOn, resolved } from './lease.ts';
export { leaseSettings } from './settings.ts';
export { readLockName, segmentsOf } from './names.ts';
