"""What Redis does for us in one step. Each script's keys have one hash tag, so that a cluster runs it too.

They also run when memory is full, since they free some. Only APPEND is refused then.
"""

import hashlib
from enum import Enum

_TIDY = "#!lua flags=allow-oom\n"
_NOW = "local now = redis.call('TIME'); now = now[1] * 1000 + math.floor(now[2] / 1000)\n"

# KEYS: stream. ARGV: longest backlog, oldest in ms, the origin, then request, command and the last ms for each.
# Answers {how many waited, for how many ms the oldest, now}; nothing was appended if that is too many or too long. Nor
# is what comes after its last ms: a connection's last words may arrive long after their sender gave up.
_APPEND = f"""#!lua
{_NOW}
local length, age = redis.call('XLEN', KEYS[1]), 0
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if first then age = math.max(0, now - tonumber(string.match(first[1], '^%d+'))) end
if length <= tonumber(ARGV[1]) and age <= tonumber(ARGV[2]) then
  for i = 4, #ARGV, 3 do
    if now <= tonumber(ARGV[i + 2]) then
      redis.call('XADD', KEYS[1], '*', 'node', ARGV[3], 'request', ARGV[i], 'command', ARGV[i + 1])
    end
  end
end
return {{length, age, now}}
"""

# KEYS: streams. ARGV: group, this worker, ms since an entry was read, ms since a worker was heard of.
# Makes groups where they are missing, forgets workers without entries, answers {key, entries} of what was taken over.
_CLAIM = f"""{_TIDY}
local found = {{}}
for i, key in ipairs(KEYS) do
  redis.pcall('XGROUP', 'CREATE', key, ARGV[1], '0', 'MKSTREAM')
  found[i] = {{key, redis.call('XAUTOCLAIM', key, ARGV[1], ARGV[2], ARGV[3], '0', 'COUNT', 10000)[2]}}
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', key, ARGV[1])) do
    local name, pending, idle = consumer[2], consumer[4], consumer[6]
    if pending == 0 and idle > tonumber(ARGV[4]) then redis.call('XGROUP', 'DELCONSUMER', key, ARGV[1], name) end
  end
end
return found
"""

# KEYS: stream. ARGV: group, entries that are done with.
_DONE = f"""{_TIDY}
for i = 2, #ARGV do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  redis.call('XDEL', KEYS[1], ARGV[i])
end
"""

# ARGV: channel and data of each message.
_PUBLISH = f"""{_TIDY}
for i = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end
"""

# KEYS: beats, leases. ARGV: this worker, how many partitions, dead workers as JSON, partitions at hand as JSON.
# A lease is a name, good while that name's count of beats is there. Keeps this worker's up to its fair share, gives up
# what is over it and not at hand, takes what is free. Answers {partitions held, names and beats}.
_RENEW = f"""{_TIDY}
local me, partitions = ARGV[1], tonumber(ARGV[2])
for _, dead in ipairs(cjson.decode(ARGV[3])) do redis.call('HDEL', KEYS[1], dead) end
redis.call('HINCRBY', KEYS[1], me, 1)
local share = math.ceil(partitions / redis.call('HLEN', KEYS[1]))
local busy, held, free = {{}}, {{}}, {{}}
for _, partition in ipairs(cjson.decode(ARGV[4])) do busy[partition] = true end
for partition = 0, partitions - 1 do
  local owner = redis.call('HGET', KEYS[2], partition)
  if owner == me and #held < share then
    table.insert(held, partition)
  elseif owner == me and not busy[partition] then
    redis.call('HDEL', KEYS[2], partition)
  elseif owner ~= me and not (owner and redis.call('HEXISTS', KEYS[1], owner) == 1) then
    table.insert(free, partition)
  end
end
for _, partition in ipairs(free) do
  if #held == share then break end
  redis.call('HSET', KEYS[2], partition, me)
  table.insert(held, partition)
end
return {{held, redis.call('HGETALL', KEYS[1])}}
"""

# KEYS: a hash for each thread. ARGV: this node, ms after which it counts as gone, its readers of each thread.
# Answers the readers of all nodes.
_COUNT = f"""#!lua
{_NOW}
local totals = {{}}
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, ARGV[1], ARGV[i + 2] .. ' ' .. now)
  redis.call('PEXPIRE', key, ARGV[2])
  local told = redis.call('HGETALL', key)
  totals[i] = 0
  for j = 1, #told, 2 do
    local count, at = string.match(told[j + 1], '^(%d+) (%d+)$')
    if now - at < tonumber(ARGV[2]) then
      totals[i] = totals[i] + count
    else
      redis.call('HDEL', key, told[j])
    end
  end
end
return totals
"""


class Script(Enum):
    """The scripts, by name."""

    APPEND = _APPEND
    CLAIM = _CLAIM
    DONE = _DONE
    PUBLISH = _PUBLISH
    RENEW = _RENEW
    COUNT = _COUNT

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()  # the name Redis gives it
