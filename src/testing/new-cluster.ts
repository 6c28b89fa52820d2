import { randomUUID } from 'node:crypto';

/** A name for a cluster that no other test uses. */
export const newCluster = (): string => `t${randomUUID().replaceAll('-', '')}`;
