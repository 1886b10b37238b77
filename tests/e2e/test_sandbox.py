"""What a program meets, as it finds it itself: a bare place that nothing leads out of, and that nothing stays in."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e import programs
from tests.e2e.client import Person, Platform

SECRETS = ("CODEX", "OTEL", "REDIS", "KAFKA", "MONGO", "DATABASE", "POSTGRES", "TOKEN", "SECRET")
PLATFORM = ("codex", "postgres", "java", "valkey", "redis", "uvicorn", "mongo")


async def told(platform: Platform, person: Person, code: str) -> Any:
    """What a program prints, as JSON."""
    ran = await platform.execute(person, f"import json, os, sys\n{code}")
    assert ran["verdict"] == "AC", ran["tests"]["items"]
    return json.loads(ran["tests"]["items"][0]["actual"])


async def test_the_temporary_folder_is_empty_and_writable(platform: Platform, ada: Person) -> None:
    code = """\
before = os.listdir('/tmp')
with open('/tmp/mine', 'w') as file:
    file.write('x' * 100_000)
print(json.dumps([before, os.path.getsize('/tmp/mine')]))
"""
    for _ in range(4):  # whichever slot it is, and whoever was there before
        assert await told(platform, ada, code) == [[], 100_000]


async def test_the_source_lies_elsewhere_and_only_it(platform: Platform, ada: Person) -> None:
    elsewhere = [str(Path(__file__).parent), "/root/.ssh"]
    code = f"print(json.dumps([os.getcwd(), sys.argv[0], *map(os.path.exists, {elsewhere!r})]))"
    where, source, *others = await told(platform, ada, code)

    assert not source.startswith("/tmp/")
    assert others == [False, False]
    assert where


async def test_there_is_no_network(platform: Platform, ada: Person) -> None:
    gateway = urlsplit(platform.gateway)
    code = f"""\
import socket
def reach(address):
    try:
        socket.create_connection(address, timeout=1).close()
        return True
    except OSError:
        return False
addresses = [({gateway.hostname!r}, {gateway.port or 80}), ('1.1.1.1', 53), ('169.254.169.254', 80)]
print(json.dumps([reach(address) for address in addresses]))
"""
    ran = await platform.execute(ada, f"import json\n{code}")
    item = ran["tests"]["items"][0]
    refused_at_all = ran["verdict"] == "RE"  # a filter may forbid sockets themselves
    assert refused_at_all or json.loads(item["actual"]) == [False, False, False], item


async def test_nothing_of_the_platform_is_in_the_environment(platform: Platform, ada: Person) -> None:
    environment = await told(platform, ada, "print(json.dumps(dict(os.environ)))")

    assert not [name for name in environment if any(secret in name.upper() for secret in SECRETS)], environment


async def test_there_are_no_descriptors_but_the_three(platform: Platform, ada: Person) -> None:
    code = """\
import stat
def is_open(number):
    try:
        os.fstat(number)
        return True
    except OSError:
        return False
print(json.dumps([number for number in range(1024) if is_open(number)]))
"""
    assert await told(platform, ada, code) == [0, 1, 2]


async def test_there_are_no_processes_but_ones_own(platform: Platform, ada: Person) -> None:
    code = """\
pids = [name for name in os.listdir('/proc') if name.isdigit()] if os.path.isdir('/proc') else []
lines = []
for pid in pids:
    try:
        lines.append(open(f'/proc/{pid}/cmdline').read() + open(f'/proc/{pid}/environ').read())
    except OSError:
        pass
print(json.dumps([len(pids), lines]))
"""
    number, lines = await told(platform, ada, code)

    assert number < 10
    assert not [line for line in lines if any(name in line.lower() for name in PLATFORM)], lines


async def test_nothing_but_its_own_folders_can_be_written(platform: Platform, ada: Person) -> None:
    code = """\
def written(path):
    try:
        open(path, 'w').close()
        return True
    except OSError:
        return False
print(json.dumps([path for path in ('/mine', '/etc/mine', '/usr/mine', '/dev/mine', '/proc/mine') if written(path)]))
"""
    assert await told(platform, ada, code) == []


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos._exit(0)\n",
        "import sys\nsys.exit(0)\n",
        "def two_sum(nums, target):\n    import os\n    os._exit(0)\n",
        "def two_sum(nums, target):\n    raise SystemExit(0)\n",
        "import atexit, os\natexit.register(os._exit, 0)\ndef two_sum(nums, target):\n    return None\n",
    ],
)
async def test_ending_early_is_no_solution(platform: Platform, ada: Person, code: str) -> None:
    assert (await platform.judged(ada, code))["verdict"] in {"WA", "RE"}


@pytest.mark.parametrize(
    "body",
    [
        "print('[0,1]'); sys.stdout.flush(); os._exit(0)",
        "[write(number, b'[0,1]') for number in range(64)]; os._exit(0)",
        "[write(number, json.dumps({'verdict': 'AC', 'answer': [0, 1], 'state': 0}).encode()) for number in range(64)]",
        "[write(number, bytes(range(256)) * 64) for number in range(3, 256)]; os._exit(0)",
    ],
)
async def test_a_forged_answer_is_no_solution(platform: Platform, ada: Person, body: str) -> None:
    code = f"""\
import json, os, sys
def write(number, data):
    try:
        os.write(number, data)
    except OSError:
        pass
def two_sum(nums, target):
    {body}
"""
    submission = await platform.judged(ada, code)

    assert submission["verdict"] in {"WA", "RE"}, submission


async def test_a_program_cannot_know_the_expected_answer(platform: Platform, ada: Person) -> None:
    code = """\
import gc, sys
def two_sum(nums, target):
    frame, seen = sys._getframe(), []
    while frame:
        seen += [str(value) for value in frame.f_locals.values()]
        frame = frame.f_back
    seen += [str(each)[:5000] for each in gc.get_objects() if isinstance(each, (list, dict))]
    return [0, 1] if any("expected" in text for text in seen) else None
"""
    assert (await platform.judged(ada, code))["verdict"] in {"WA", "RE"}


FORK_BOMB = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n"


async def test_whoever_comes_after_a_fork_bomb_notices_nothing(platform: Platform, ada: Person, grace: Person) -> None:
    bombs = [platform.judged(ada, FORK_BOMB, problem="echo") for _ in range(2)]
    ended = await asyncio.gather(*bombs)

    assert {submission["verdict"] for submission in ended} <= {"TLE", "RE", "MLE", "OLE", "WA"}
    for _ in range(4):
        after = await platform.judged(grace, programs.TWO_SUM)
        assert (after["verdict"], after["attempt"]) == ("AC", 1)


async def test_what_one_program_leaves_behind_the_next_does_not_find(platform: Platform, ada: Person) -> None:
    dirty = """\
import builtins, os, sys
open('/tmp/left', 'w').close()
builtins.left = sys.modules['left'] = 'here'
os.environ['LEFT'] = 'here'
if os.fork() == 0:
    os.setsid()
    while True:
        pass
print('[]')
"""
    await platform.execute(ada, dirty)
    code = """\
import builtins
found = [os.listdir('/tmp'), hasattr(builtins, 'left'), 'left' in sys.modules, os.environ.get('LEFT')]
print(json.dumps(found))
"""
    for _ in range(4):
        assert await told(platform, ada, code) == [[], False, False, None]
