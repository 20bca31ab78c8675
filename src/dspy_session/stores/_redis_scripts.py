"""What a Redis store does inside Redis, each script all of it or nothing.

All keys of a store carry one hash tag, so they lie in one slot of a cluster, and a script may reach
any of them. ``base`` is what they all begin with::

    base head:<session>         hash: batch, info (JSON), place, kinds
    base rows:<kind>:<session>  hash: key to body
    base text:<session>         hash: kind:key to text for searching
    base user:<user>            sorted set: the user's sessions by place
    base places                 sorted set: all sessions by place
    base place                  the last place given out
    base schema                 the version of this layout

Ids stand last in a key, so none can reach into another's.
"""

from __future__ import annotations

VERSION = 1

# KEYS: head. ARGV: base, session, batch written last ('' for a new session), new batch, info,
# old user, new user, touch, milliseconds to live (0: for ever), kinds,
# count of rows, {kind, key, body, has text, text}…, {kind, key} of rows to take away…
# Returns 1, or 0 when the session has another batch, or -version of a layout that is too new.
APPEND = """
local head, base, session = KEYS[1], ARGV[1], ARGV[2]
local schema = tonumber(redis.call('GET', base .. 'schema') or VERSION)
if schema > VERSION then return -schema end
if (redis.call('HGET', head, 'batch') or '') ~= ARGV[3] then return 0 end
redis.call('SETNX', base .. 'schema', VERSION)

local old_user, new_user = base .. 'user:' .. ARGV[6], base .. 'user:' .. ARGV[7]
local place = redis.call('HGET', head, 'place')
if ARGV[8] == '1' or not place then place = redis.call('INCR', base .. 'place') end
redis.call('HSET', head, 'batch', ARGV[4], 'info', ARGV[5], 'place', place)

local kinds = redis.call('HGET', head, 'kinds') or ' '
for kind in string.gmatch(ARGV[10], '%S+') do
    if not string.find(kinds, ' ' .. kind .. ' ', 1, true) then kinds = kinds .. kind .. ' ' end
end
redis.call('HSET', head, 'kinds', kinds)

local text = base .. 'text:' .. session
local at = 12
for _ = 1, tonumber(ARGV[11]) do
    local kind, key = ARGV[at], ARGV[at + 1]
    redis.call('HSET', base .. 'rows:' .. kind .. ':' .. session, key, ARGV[at + 2])
    if ARGV[at + 3] == '1' then
        redis.call('HSET', text, kind .. ':' .. key, ARGV[at + 4])
    else
        redis.call('HDEL', text, kind .. ':' .. key)
    end
    at = at + 5
end
while at < #ARGV do
    redis.call('HDEL', base .. 'rows:' .. ARGV[at] .. ':' .. session, ARGV[at + 1])
    redis.call('HDEL', text, ARGV[at] .. ':' .. ARGV[at + 1])
    at = at + 2
end

local ttl = tonumber(ARGV[9])
local until_ms = false
if ttl > 0 then
    local now = redis.call('TIME')
    until_ms = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000) + ttl)
end
local function expire(key)
    if until_ms then redis.call('PEXPIREAT', key, until_ms) else redis.call('PERSIST', key) end
end
expire(head)
expire(text)
for kind in string.gmatch(kinds, '%S+') do
    expire(base .. 'rows:' .. kind .. ':' .. session)
end

-- A user's list lives as long as the longest of its sessions.
if old_user ~= new_user then redis.call('ZREM', old_user, session) end
local left = redis.call('PTTL', new_user)
redis.call('ZADD', new_user, place, session)
if not until_ms then
    redis.call('PERSIST', new_user)
elseif left == -2 or (left >= 0 and left < ttl) then
    redis.call('PEXPIREAT', new_user, until_ms)
end

-- Sessions that were written longest ago expire first; take a few that have from the list.
redis.call('ZADD', base .. 'places', place, session)
for _, oldest in ipairs(redis.call('ZRANGE', base .. 'places', 0, 1)) do
    if redis.call('EXISTS', base .. 'head:' .. oldest) == 0 then
        redis.call('ZREM', base .. 'places', oldest)
    end
end
return 1
""".replace("VERSION", str(VERSION))

_ADD = """
local base, session = ARGV[1], ARGV[2]
local text = base .. 'text:' .. session
local rows = {}
local function add(kind, key, body)
    if not body then return end
    rows[#rows + 1] = {kind, key, body, redis.call('HGET', text, kind .. ':' .. key)}
end
local function add_all(kind)
    local found = redis.call('HGETALL', base .. 'rows:' .. kind .. ':' .. session)
    for i = 1, #found, 2 do add(kind, found[i], found[i + 1]) end
end
"""

# KEYS: head. ARGV: base, session. Returns {info, place, {{kind, key, body, text}, …}}, or nil.
LOAD = f"""{_ADD}
local head = redis.call('HMGET', KEYS[1], 'info', 'place', 'kinds')
if not head[1] then return false end
for kind in string.gmatch(head[3] or '', '%S+') do add_all(kind) end
return {{head[1], head[2], rows}}
"""

# KEYS: head. ARGV: base, session, count of kinds, kind…, {kind, key}…
# Returns {kind, key, body, text} for each that is there.
ROWS = f"""{_ADD}
local kinds = tonumber(ARGV[3])
for i = 4, 3 + kinds do add_all(ARGV[i]) end
for i = 4 + kinds, #ARGV, 2 do
    add(ARGV[i], ARGV[i + 1],
        redis.call('HGET', base .. 'rows:' .. ARGV[i] .. ':' .. session, ARGV[i + 1]))
end
return rows
"""

# KEYS: a sorted set of sessions. ARGV: base, highest place, count, text to find ('' for any).
# Returns {session, place, info, 1 when the text was found} for each, newest first. Sessions that
# have expired are taken from the set.
PAGE = """
local base, needle = ARGV[1], ARGV[4]
local found = redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[2], '-inf', 'WITHSCORES', 'LIMIT', 0,
    ARGV[3])
local page = {}
for i = 1, #found, 2 do
    local session = found[i]
    local info = redis.call('HGET', base .. 'head:' .. session, 'info')
    local fits = 1
    if not info then
        redis.call('ZREM', KEYS[1], session)
    elseif needle ~= '' then
        fits = 0
        for _, text in ipairs(redis.call('HVALS', base .. 'text:' .. session)) do
            if string.find(text, needle, 1, true) then fits = 1 break end
        end
    end
    page[#page + 1] = {session, found[i + 1], info, fits}
end
return page
"""

# KEYS: head. ARGV: base, session, batch that was seen, user. Returns 1, or 0 when it has another.
DELETE = """
local base, session = ARGV[1], ARGV[2]
if (redis.call('HGET', KEYS[1], 'batch') or '') ~= ARGV[3] then return 0 end
for kind in string.gmatch(redis.call('HGET', KEYS[1], 'kinds') or '', '%S+') do
    redis.call('DEL', base .. 'rows:' .. kind .. ':' .. session)
end
redis.call('DEL', KEYS[1], base .. 'text:' .. session)
redis.call('ZREM', base .. 'places', session)
redis.call('ZREM', base .. 'user:' .. ARGV[4], session)
return 1
"""
