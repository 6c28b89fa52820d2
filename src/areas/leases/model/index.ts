export { type Fence, fenceSchema } from './fence.ts';
export { initialLeases, leasesOn, resolved } from './lease.ts';
export { type LeaseSettings, leaseSettings } from './settings.ts';
export { readLockName, segmentsOf } from './names.ts';
