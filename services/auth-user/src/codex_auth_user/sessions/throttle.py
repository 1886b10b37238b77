"""Wrong passwords are counted, by account: guessing ends long before it succeeds."""

import hashlib

from codex_service.errors import RateLimited
from codex_service.redis import Script

# KEYS[1]: wrong passwords so far. ARGV: whether this one was right (1 or 0), how many may be wrong, the window in
# milliseconds. Answers 0, or the milliseconds until the window ends.
ATTEMPT = """
local wrong = tonumber(redis.call('GET', KEYS[1]) or '0')
if wrong >= tonumber(ARGV[2]) then
    return math.max(1, redis.call('PTTL', KEYS[1]))
end
if ARGV[1] == '1' then
    redis.call('DEL', KEYS[1])
elseif redis.call('INCR', KEYS[1]) == 1 then
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 0
"""


class Throttle:
    """Allows ``failures`` wrong passwords in a window of ``window`` seconds; then also a right one is refused.

    It is asked once an attempt, after the password was compared and before anybody hears the result. So attempts
    that come all at once are counted like those that come one by one, and a failure elsewhere counts for nothing.
    """

    def __init__(self, script: Script, *, failures: int, window: float) -> None:
        self._script = script
        self._failures = failures
        self._window = int(window * 1000)

    async def count(self, email_key: str, *, right: bool) -> None:
        """Count an attempt to log in.

        Raises:
            RateLimited: there were too many wrong ones, whatever this one was.
        """
        account = hashlib.sha256(email_key.encode()).hexdigest()
        wait = await self._script([f"throttle:login:{account}"], [int(right), self._failures, self._window])
        if wait:
            raise RateLimited(f"too many wrong passwords; try again in {-(-wait // 1000)} s")
