/** Raised whenever the tables or the division into words change. */
export const format = 1;
