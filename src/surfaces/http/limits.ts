/** What the HTTP surface accepts, and how long it waits. */
export const requestHeadBytesMax = 16 * 1024;
/** Of the body in which a browser gives a code: it is read before anybody has said who they are. */
export const loginBytesMax = 1024;
export const headersTimeoutMs = 10_000;
export const requestTimeoutMs = 30_000;
export const keepAliveTimeoutMs = 60_000;
export const connectionsMax = 4_096;
/** Of one network, unless it is this machine or a proxy; and the requests and streams of one principal under way at once. */
export const connectionsPerNetworkMax = 1_024;
export const underWayPerPrincipalMax = 2_048;
export const tlsVersionMin = 'TLSv1.2';
/** For how long a browser that has come over TLS never comes without it: a year. */
export const strictTransportSeconds = 31_536_000;

/**
 * After refusing a request whose body is still coming, the connection stays open for this long, or until this much has
 * been thrown away: a client that is cut off while it writes would never see the answer.
 */
export const lingerMs = 1_000;
export const lingerBytesMax = 16 * 1024 * 1024;

/** How long answers under way may take once the surface closes. */
export const closeGraceMs = 5_000;

/** How many streams of changes may be open at once. */
export const changeStreamsMax = 512;

/** The least time between two events of one stream, and the keys that one event may have: with more it says everything. */
export const changesEveryMs = 250;
export const changeKeysMax = 1_000;

/** How many streams of events may be open at once, of one principal and in all. */
export const eventStreamsPerPrincipalMax = 500;
export const eventStreamsMax = 2_000;

/** How many entries are read from the journal at once for one stream. */
export const eventsPerReadMax = 64;

/** What lies unread on this side of a connection before nothing more is written to it. */
export const unreadBytesMax = 64 * 1024;

/**
 * A reader of events that had come to the end of the journal, does not read, and is further behind than this is cut off.
 * How long it is asked to wait before it comes back, and how long the last word may take to reach it.
 */
export const eventsBehindMax = 10_000;
export const streamRetryMs = 1_000;
export const streamLastWordMs = 5_000;

/** A stream on which nothing is told says that it lives; one whose reader has read nothing for so long is cut off. */
export const streamKeepAliveMs = 15_000;
export const streamStallMs = 60_000;
