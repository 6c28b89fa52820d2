const hosts: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** Whether listening on this host reaches no other machine. */
export const isLoopback = (host: string): boolean => hosts.includes(host);
