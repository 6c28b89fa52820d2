/**
 * What the server does with the keys of personal text, a hash for each journal. `key <id>` is `<secret> <subject>`: the
 * secret is hexadecimal, or `-` of one that was destroyed; a subject is named as in `subjectName`, and empty where it is
 * not known. `of <subject>` is the id of the key that the subject writes with: all others are retired.
 */
export const keyFunctions = `
local function parts_of(value) return string.match(value, '^(%S+) (.*)$') end

-- Whether it was not here before. A subject that has a key to write with keeps that one.
local function keep(hash, id, value, writes)
  if redis.call('HSETNX', hash, 'key ' .. id, value) == 0 then return false end
  if writes then
    local _, subject = parts_of(value)
    redis.call('HSETNX', hash, 'of ' .. subject, id)
  end
  return true
end

local function put_aside(hash, id, subject)
  if redis.call('HGET', hash, 'of ' .. subject) == id then redis.call('HDEL', hash, 'of ' .. subject) end
end

local function forget(hash, id)
  local _, subject = parts_of(redis.call('HGET', hash, 'key ' .. id) or '- ')
  put_aside(hash, id, subject)
  redis.call('HSET', hash, 'key ' .. id, '- ' .. subject)
end

local function each_key(hash)
  local all, found = redis.call('HGETALL', hash), {}
  for at = 1, #all, 2 do
    local id = string.match(all[at], '^key (.*)$')
    if id then
      local secret, subject = parts_of(all[at + 1])
      found[#found + 1] = {id = id, value = all[at + 1], secret = secret, subject = subject}
    end
  end
  return found
end

-- All that live in one of them; those that were destroyed or retired in either are that.
local function join_keys(old, new)
  for _, key in ipairs(each_key(new)) do
    local writes = redis.call('HGET', new, 'of ' .. key.subject) == key.id
    if not keep(old, key.id, key.value, writes) then
      if key.secret == '-' then forget(old, key.id)
      elseif not writes then put_aside(old, key.id, key.subject) end
    end
  end
  redis.call('UNLINK', new)
end

-- keys: journal, keys; args: identity of the journal, then id, secret and subject of each
local function ensure(keys, args)
  local _, problem = known(keys[1], args[1])
  if problem then return problem end
  local answer = {'kept'}
  for at = 2, #args, 3 do
    local id = redis.call('HGET', keys[2], 'of ' .. args[at + 2])
    if not id then
      id = args[at]
      keep(keys[2], id, args[at + 1] .. ' ' .. args[at + 2], true)
    end
    answer[#answer + 1] = id
    answer[#answer + 1] = redis.call('HGET', keys[2], 'key ' .. id)
  end
  return answer
end

-- keys: journal, keys; args: identity of the journal, 'principal' or 'agent', name
local function retire(keys, args)
  local _, problem = known(keys[1], args[1])
  if problem then return problem end
  local answer = {'retired'}
  for _, key in ipairs(each_key(keys[2])) do
    local principal, agent = string.match(key.subject, '^(%S+) ?(.*)$')
    local name = agent
    if args[2] == 'principal' then name = principal end
    if key.secret ~= '-' and name == args[3] then
      put_aside(keys[2], key.id, key.subject)
      answer[#answer + 1] = key.id
    end
  end
  return answer
end

-- keys: journal, keys; args: identity of the journal, then ids
local function destroy(keys, args)
  local _, problem = known(keys[1], args[1])
  if problem then return problem end
  for at = 2, #args do forget(keys[2], args[at]) end
  return {'destroyed'}
end

-- keys: journal, keys; args: identity of the journal, then id, secret, subject and whether it is written with of each
local function adopt(keys, args)
  local _, problem = known(keys[1], args[1])
  if problem then return problem end
  for at = 2, #args, 4 do
    keep(keys[2], args[at], args[at + 1] .. ' ' .. args[at + 2], args[at + 3] == '1')
  end
  return {'adopted'}
end
`;
