"""What a slot must prove before it judges anybody: that a hostile program in it sees nothing and reaches nobody."""

import json

from codex_code_execution.judging.model import Limits
from codex_code_execution.sandbox.errors import SandboxTooWeak
from codex_code_execution.sandbox.slot import Slot
from codex_code_execution.sandbox.wire import load_request, pack_limits, run_request

LIMITS = Limits(cpu_time=5.0, wall_time=10.0)

BATTERY = b"""
import json, os, socket, time
found = []
def expect(holds, anomaly):
    if not holds: found.append(anomaly)
def fails(action):
    try: action()
    except OSError: return True
    return False
pids = {int(name) for name in os.listdir("/proc") if name.isdigit()}
expect(pids == {1, 2, os.getpid()}, "sees processes of others")
expect(fails(lambda: socket.socket(socket.AF_INET)), "opens network sockets")
expect(fails(lambda: open("/proc/1/environ").read()), "reads its init")
for path in ("/", "/usr", "/etc", "/dev", "/proc"):
    expect(fails(lambda: os.close(os.open(path + "/written", os.O_CREAT | os.O_WRONLY))), "writes to " + path)
for path in ("/home", "/root", "/var", "/sys", "/etc/shadow"):
    expect(not os.path.exists(path), "sees " + path)
expect(os.listdir("/tmp") == [], "finds a used /tmp")
expect(set(os.environ) <= {"PATH", "HOME", "LANG", "LC_CTYPE"}, "has an environment of others")
expect(fails(lambda: os.setuid(0)), "becomes root")
status = open("/proc/self/status").read()
expect("CapEff:\\t0000000000000000" in status and "Seccomp:\\t2" in status, "keeps capabilities or has no filter")
born = 0
try:
    while born < 100:
        if os.fork() == 0:
            time.sleep(60)
        born += 1
except OSError:
    pass
expect(0 < born < 20, "forks without end")
print(json.dumps(found))
"""


async def attack(slot: Slot) -> None:
    """Run the battery in a fresh slot.

    Raises:
        SandboxTooWeak: the slot let something through; the message names it.
        SandboxUnavailable: the slot broke.
    """
    slot.send(load_request(BATTERY, None, LIMITS), run_request(pack_limits(LIMITS), b""))
    await slot.receive(LIMITS.wall_time)
    reply = await slot.receive(LIMITS.wall_time)
    slot.end_job()
    if not reply.clean:
        raise SandboxTooWeak(f"the self-test failed: {reply.error[-300:].decode(errors='replace')}")
    if anomalies := json.loads(reply.output):
        raise SandboxTooWeak(f"a judged program {', '.join(anomalies)}")
