"""One leader among replicas: a lease in Redis, with a number that grows with every new holder."""

import asyncio
import time

from codex_service.redis import RedisClient, Script

# KEYS: 1 the lease, 2 the number   ARGV: 1 who, 2 for how long (ms). Answers the number of the holder, 0 for others.
_TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if not holder then return redis.call('INCR', KEYS[2]) end
return tonumber(redis.call('GET', KEYS[2]) or redis.call('INCR', KEYS[2]))
"""
# KEYS: 1 the number, 2 a key   ARGV: 1 the caller's number, 2 value, 3 for how long (s). Answers 1 when it was set.
_SET = """
if tonumber(redis.call('GET', KEYS[1]) or 0) ~= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return 1
"""
# KEYS: 1 the lease   ARGV: 1 who
_GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Lease:
    """Held by at most one replica for ``seconds`` at a time.

    A holder that was stopped for longer may believe that it still leads: what it writes by ``set`` is refused, because
    its number is no longer the latest. Work that isn't written so must bear being done twice.
    """

    def __init__(self, client: RedisClient, name: str, *, holder: str, seconds: float) -> None:
        self._key, self._number_key = f"lease:{name}", f"lease:{name}:number"
        self._holder, self._seconds = holder, seconds
        self._take, self._set, self._give_back = (Script(client, text) for text in (_TAKE, _SET, _GIVE_BACK))
        self._number, self._until = 0, 0.0

    async def take(self) -> bool:
        """Whether this replica leads now; also how the holder keeps the lease."""
        asked = time.monotonic()
        self._number = await self._take([self._key, self._number_key], [self._holder, round(self._seconds * 1000)])
        self._until = asked + self._seconds if self._number else 0.0
        return self._number > 0

    @property
    def held(self) -> bool:
        """Whether the lease cannot have run out yet, by this process's clock."""
        return time.monotonic() < self._until

    async def set(self, key: str, value: str | bytes, *, seconds: int) -> bool:
        """Write a key as the leader; False, and nothing is written, when another has led since."""
        return bool(await self._set([self._number_key, key], [self._number, value, seconds]))

    async def give_back(self) -> None:
        """Let another replica lead at once."""
        async with asyncio.timeout(2):
            await self._give_back([self._key], [self._holder])
        self._until = 0.0
