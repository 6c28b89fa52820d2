/** What the HTTP surface accepts, and how long it waits. */
export const bodyBytesMax = 1024 * 1024;
export const bodyDepthMax = 32;
export const requestHeadBytesMax = 16 * 1024;
export const headersTimeoutMs = 10_000;
export const requestTimeoutMs = 30_000;
export const keepAliveTimeoutMs = 60_000;
export const connectionsMax = 4_096;

/**
 * After refusing a request whose body is still coming, the connection stays open for this long, or until this much has
 * been thrown away: a client that is cut off while it writes would never see the answer.
 */
export const lingerMs = 1_000;
export const lingerBytesMax = 16 * 1024 * 1024;

/** How long answers under way may take once the surface closes. */
export const closeGraceMs = 5_000;
