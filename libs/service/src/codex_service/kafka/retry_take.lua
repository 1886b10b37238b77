-- Take what is due. It stays until it was sent: should that never happen, it is due again after the lease.
-- KEYS: 1 due times, 2 records   ARGV: 1 now (ms), 2 taken until (ms), 3 how many
-- Answers: how many wait in all, then the records
local answer = {redis.call('ZCARD', KEYS[1])}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
  local record = redis.call('HGET', KEYS[2], id)
  if record then
    redis.call('ZADD', KEYS[1], ARGV[2], id)
    table.insert(answer, record)
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return answer
