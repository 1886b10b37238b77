-- Put a record aside. Times are those of Redis: the clocks of workers may differ.
-- KEYS: 1 due times, 2 records   ARGV: 1 how many may wait, 2 id, 3 due in (ms), 4 record
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) and not redis.call('ZSCORE', KEYS[1], ARGV[2]) then
  return 0
end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[4])
return 1
