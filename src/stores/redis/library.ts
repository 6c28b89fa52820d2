import { hash } from 'node:crypto';
import { keyFunctions } from './key-functions.ts';

/** Kept with each journal; raised only when an older Signalbox could no longer read or write it correctly. */
export const formatVersion = 1;

/** How many rows an append that came too late brings along; whoever wants more reads on. */
const missedRows = 1_000;

/**
 * What the server does in one step. Lua counts in doubles, which hold every sequence number exactly, but writes large
 * ones as powers of ten unless told how. A function that may not be carried out (no memory, a replica, a disk that
 * failed) is refused by the server before it begins; one that has begun is carried out whole.
 */
const functions = `
local function digits(number) return string.format('%.0f', number) end

-- The journal, if it is the one of this identity; else what is there instead.
local function known(key, identity)
  local found = redis.call('HMGET', key, 'format', 'id', 'seq', 'chain', 'base', 'base_chain', 'generation')
  if not found[1] then return nil, {'missing'} end
  if tonumber(found[1]) > ${formatVersion} then return nil, {'newer', found[1]} end
  if found[2] .. '.' .. found[7] ~= identity then return nil, {'other', found[7]} end
  return {seq = tonumber(found[3]), chain = found[4], base = tonumber(found[5]), base_chain = found[6]}
end

-- keys: journal, log, list of all that were begun; args: id, generation, whether it may be made ('1'), name
local function begin(keys, args)
  local found = redis.call('HMGET', keys[1], 'format', 'id', 'generation')
  if found[1] then
    if tonumber(found[1]) > ${formatVersion} then return {'newer', found[1]} end
    return {'there', found[2], found[3]}
  end
  if redis.call('EXISTS', keys[2]) + redis.call('SISMEMBER', keys[3], args[4]) > 0 then return {'remains'} end
  if args[3] ~= '1' then return {'missing'} end
  redis.call('HSET', keys[1], 'format', '${formatVersion}', 'id', args[1], 'generation', args[2],
    'seq', '0', 'chain', '', 'batch', '', 'base', '0', 'base_chain', '')
  redis.call('SADD', keys[3], args[4])
  return {'there', args[1], args[2]}
end

-- keys: journal, log; args: identity, expected, link, batch, then text and link of each row
local function append(keys, args)
  local journal, problem = known(keys[1], args[1])
  if problem then return problem end
  local expected, seq = tonumber(args[2]), journal.seq
  if seq < expected then return {'shorter', digits(seq)} end
  if seq > expected then
    return {'moved', digits(seq), redis.call('XRANGE', keys[2], '(0-' .. args[2], '+', 'COUNT', ${missedRows})}
  end
  if seq > 0 and journal.chain ~= args[3] then return {'exchanged'} end
  if seq > journal.base and redis.call('EXISTS', keys[2]) == 0 then return {'emptied'} end
  for at = 5, #args, 2 do
    seq = seq + 1
    redis.call('XADD', keys[2], '0-' .. digits(seq), 'b', args[4], 't', args[at], 'c', args[at + 1])
  end
  redis.call('HSET', keys[1], 'seq', digits(seq), 'chain', args[#args], 'batch', args[4])
  return {'appended'}
end

-- keys: journal, log; args: identity, sequence number, link
local function cut(keys, args)
  local journal, problem = known(keys[1], args[1])
  if problem then return problem end
  local seq = tonumber(args[2])
  if seq > journal.seq then return {'shorter', digits(journal.seq)} end
  if seq < journal.base then return {'archived', digits(journal.base)} end
  local chain = journal.base_chain
  if seq > journal.base then
    local row = redis.call('XRANGE', keys[2], '0-' .. args[2], '0-' .. args[2])[1]
    if not row then return {'emptied'} end
    chain = row[2][6]
  end
  if chain ~= args[3] then return {'exchanged'} end
  redis.call('HSET', keys[1], 'base', digits(seq), 'base_chain', chain)
  return {'cut'}
end

-- All of an append except what would stay: that number no entry can have. keys: journal, log; args: identity
local function rehearse(keys, args)
  local _, problem = known(keys[1], args[1])
  if problem then return problem end
  local tried = redis.pcall('XADD', keys[2], '0-0', 'batch', '')
  if not string.find(tried.err, '0-0', 1, true) then return tried end
  return {'fit'}
end

${keyFunctions}
-- keys: journal, log and keys of the old one, the same of the new one, list of all; args: names of both,
-- where the old one must end ('' = anywhere)
local function replace(keys, args)
  if redis.call('EXISTS', keys[4]) == 0 then return {'missing'} end
  if args[3] ~= '' and (redis.call('HGET', keys[1], 'seq') or '0') ~= args[3] then return {'moved'} end
  redis.call('UNLINK', keys[1], keys[2])
  redis.call('RENAME', keys[4], keys[1])
  if redis.call('EXISTS', keys[5]) == 1 then redis.call('RENAME', keys[5], keys[2]) end
  join_keys(keys[3], keys[6])
  redis.call('SADD', keys[7], args[1])
  redis.call('SREM', keys[7], args[2])
  return {'replaced'}
end

-- keys: counter; args: the text that was there ('' = none), the new one ('' = none), for how many ms
local function exchange(keys, args)
  local there = redis.call('GET', keys[1]) or ''
  if there ~= args[1] then return {'changed', there} end
  if args[2] == '' then redis.call('DEL', keys[1]) else redis.call('SET', keys[1], args[2], 'PX', args[3]) end
  return {'exchanged'}
end

-- keys: office; args: token, for how many ms
local function renew(keys, args)
  local holder = redis.call('GET', keys[1])
  if holder and holder ~= args[1] then return {'lost'} end
  redis.call('SET', keys[1], args[1], 'PX', args[2])
  return {'held'}
end

-- keys: office; args: token
local function resign(keys, args)
  if redis.call('GET', keys[1]) == args[1] then redis.call('DEL', keys[1]) end
  return {'free'}
end
`;

const names = [
  'begin',
  'append',
  'cut',
  'rehearse',
  'replace',
  'exchange',
  'renew',
  'resign',
  'ensure',
  'retire',
  'destroy',
  'adopt',
] as const;

export type FunctionName = (typeof names)[number];

/** These need no memory worth speaking of, or give some back. */
const withoutMemory: readonly FunctionName[] = ['cut', 'renew', 'resign', 'retire', 'destroy'];

/**
 * Named after what is in it, so that hubs of several versions on one server each find their own, and loading it again
 * changes nothing.
 */
const revision = hash('sha256', functions).slice(0, 12);
const prefix = `signalbox_${revision}_`;

const registration = (name: FunctionName): string =>
  withoutMemory.includes(name)
    ? `redis.register_function{function_name='${prefix}${name}', callback=${name}, flags={'allow-oom'}}`
    : `redis.register_function('${prefix}${name}', ${name})`;

export const libraryText = `#!lua name=signalbox_${revision}
${functions}
${names.map(registration).join('\n')}
`;

export const functionName = (name: FunctionName): string => prefix + name;
