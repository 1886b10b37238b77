-- Take what is due. It stays until it was sent: should that never happen, it is due again after the lease.
-- KEYS: 1 due times, 2 records   ARGV: 1 lease (ms), 2 how many
-- Answers: how many wait in all, until when those that follow are taken (ms), the records
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {redis.call('ZCARD', KEYS[1]), now + ARGV[1]}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local record = redis.call('HGET', KEYS[2], id)
  if record then
    redis.call('ZADD', KEYS[1], answer[2], id)
    table.insert(answer, record)
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return answer
