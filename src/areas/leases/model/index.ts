export { type Fence, fenceSchema } from './fence.ts';
export { waitingFor } from './conflicts.ts';
export {
  type LeasesSlice,
  heldLeases,
  initialLeases,
  leasesIn,
  leasesOn,
  oldestTicket,
  resolved,
} from './lease.ts';
export { leaseSettings } from './settings.ts';
export { readLockName, segmentsOf } from './names.ts';
