"""What a slot must prove before it judges anybody: that a hostile program in it sees nothing and reaches nobody."""

import json

from codex_code_execution.judging.model import Limits
from codex_code_execution.sandbox.errors import SandboxTooWeak
from codex_code_execution.sandbox.slot import Slot
from codex_code_execution.sandbox.wire import load_request, pack_limits, run_request

LIMITS = Limits(cpu_time=5.0, wall_time=10.0)

BATTERY = """
import json, os, socket, time
found = []
def expect(holds, anomaly):
    if not holds: found.append(anomaly)
def fails(action):
    try: action()
    except OSError: return True
    return False
def reads(path): return lambda: os.close(os.open(path, os.O_RDONLY))
expect(fails(lambda: socket.socket(socket.AF_INET)), "opens network sockets")
expect(fails(reads("/proc/1/environ")), "reads its init")
for path in ("/", "/usr", "/etc", "/dev", "/proc", "/var/tmp"):
    expect(fails(lambda: os.close(os.open(path + "/written", os.O_CREAT | os.O_WRONLY))), "writes to " + path)
for path in ("/home", "/root", "/var", "/sys", "/etc/shadow"):
    expect(fails(reads(path)), "reads " + path)
expect(os.listdir(".") == [], "finds a used folder")
expect(set(os.environ) <= {"PATH", "HOME", "LANG", "LC_CTYPE", "TMPDIR"}, "has an environment of others")
expect(fails(lambda: os.setuid(0)), "becomes root")
%s
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

OF_NAMESPACES = """
pids = {int(name) for name in os.listdir("/proc") if name.isdigit()}
expect(pids == {1, 2, os.getpid()}, "sees processes of others")
for path in ("/home", "/root", "/var", "/sys", "/etc/shadow"):
    expect(not os.path.exists(path), "sees " + path)
status = open("/proc/self/status").read()
expect("CapEff:\\t0000000000000000" in status and "Seccomp:\\t2" in status, "keeps capabilities or has no filter")
"""

OF_A_SHARED_WORLD = """
for path in ("/proc", "/tmp", "/etc/passwd", "/etc/hostname"):
    expect(fails(reads(path)), "reads " + path)
for pid in (1, os.getppid()):
    expect(fails(lambda: os.kill(pid, 0)), "reaches process %d" % pid)
expect(fails(lambda: socket.socket(socket.AF_UNIX)), "opens sockets")
expect(fails(lambda: os.chmod(".", 0o777)), "changes modes")
"""


async def attack(slot: Slot, *, shared: bool) -> None:
    """Run the battery in a fresh slot; ``shared`` says that it has no world of its own.

    Raises:
        SandboxTooWeak: the slot let something through; the message names it.
        SandboxUnavailable: the slot broke.
    """
    battery = BATTERY.replace("%s", OF_A_SHARED_WORLD if shared else OF_NAMESPACES).encode()
    slot.send(load_request(battery, None, LIMITS), run_request(pack_limits(LIMITS), b""))
    await slot.receive(LIMITS.wall_time)
    reply = await slot.receive(LIMITS.wall_time)
    slot.end_job()
    if not reply.clean:
        raise SandboxTooWeak(f"the self-test failed: {reply.error[-300:].decode(errors='replace')}")
    if anomalies := json.loads(reply.output):
        raise SandboxTooWeak(f"a judged program {', '.join(anomalies)}")
