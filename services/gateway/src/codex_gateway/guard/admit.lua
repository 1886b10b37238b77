-- Everything that a request needs of Redis, at once.
-- KEYS: 1 the bucket, 2 the mark of a revoked session, 3 the record of an idempotency key ('' where there is none)
-- ARGV: 1 microseconds between two tokens, 2 tokens in a full bucket
-- Answers: admitted, tokens left, microseconds until full, microseconds until the next token, revoked, the record
local function known(key)
  return key ~= '' and redis.call('GET', key) or ''
end

if KEYS[2] ~= '' and redis.call('EXISTS', KEYS[2]) == 1 then
  return {0, 0, 0, 0, 1, ''}
end

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])

-- The bucket is one number: the moment at which it will be full again.
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
local missing = full - now + interval - burst * interval
if missing > 0 then
  return {0, 0, full - now, missing, 0, ''}
end

full = full + interval
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {1, math.floor(burst - (full - now) / interval), full - now, 0, 0, known(KEYS[3])}
