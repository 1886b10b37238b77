-- What accepting a job asks of Redis, at once.
-- KEYS: 1 the problem, 2 what its author has on the way (job ids by time)
-- ARGV: 1 the job's id, 2 now (s), 3 how long an entry counts at most (s)
-- Answers: how many the author has on the way, this one included; the problem or ''
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[2] - ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return {redis.call('ZCARD', KEYS[2]), redis.call('GET', KEYS[1]) or ''}
