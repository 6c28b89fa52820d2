import { isIPv6 } from 'node:net';

const mappedPattern = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The name of those who have no address. */
const thisMachine = 'this machine';

/** An address of version 6 is one of very many that its owner has: what counts is the first half. */
export const networkOf = (remote: string | undefined): string => {
  if (remote === undefined) return thisMachine;
  const [, mapped] = mappedPattern.exec(remote) ?? [];
  if (mapped !== undefined || !isIPv6(remote)) return mapped ?? remote;
  const [head = '', tail] = remote.toLowerCase().split('%')[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
};

/** Whether this is somebody on the same machine. */
export const isFromHere = (remote: string | undefined): boolean => {
  const network = networkOf(remote);
  return network === thisMachine || network.startsWith('127.') || remote === '::1';
};
