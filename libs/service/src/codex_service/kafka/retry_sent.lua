-- A record was sent. It may have failed once more meanwhile, and been put aside again: then it stays.
-- KEYS: 1 due times, 2 records   ARGV: 1 id, 2 the time until which it was taken (ms)
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1) == tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
end
