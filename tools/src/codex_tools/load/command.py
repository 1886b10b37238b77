"""``codex load``: a whole run, shown, written, and held against its bars."""

import ipaddress
import json
import socket

import uvloop
from rich.console import Console
from rich.markup import escape

from codex_tools.load.api import Fault, Refused
from codex_tools.load.client import Address
from codex_tools.load.course import run
from codex_tools.load.options import Options
from codex_tools.load.report.page import page
from codex_tools.load.result import Result, document
from codex_tools.load.table import show
from codex_tools.stack.errors import StackError
from codex_tools.stack.files import read_json, write_whole
from codex_tools.stack.home import Home


def load(options: Options, home: Home, out: Console) -> int:
    """Run, show, write; 0 if every bar was met.

    Raises:
        StackError: there is no such stack, it lets nobody in, or the wishes fit nothing that it has.
        OSError: a report can't be written.
    """
    gateway = options.gateway or str(read_json(home.stack_file).get("gateway") or "")
    if not gateway:
        raise StackError(
            f"No stack runs in {home.folder}: start one with `codex up`, or give the --gateway of another."
        )
    try:
        _refuse_remote(Address.of(gateway), options)
        result = uvloop.run(run(options, gateway, out))
    except (ValueError, Fault, Refused) as error:
        raise StackError(f"{gateway}: {error}.") from error
    except KeyError as error:
        raise StackError(f"{gateway} is no gateway of this platform: its answers lack {error}.") from error
    except TimeoutError as error:
        raise StackError(f"{gateway} does not answer in time.") from error
    show(out, result)
    _write(options, result, out)
    return 0 if result.met else 1


def _refuse_remote(address: Address, options: Options) -> None:
    """Load is for machines of one's own."""
    if options.allow_remote:
        return
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    if not all(ipaddress.ip_address(entry[4][0]).is_loopback for entry in found):
        raise StackError(f"{address.host} is another machine. If it is yours to load, say --allow-remote.")


def _write(options: Options, result: Result, out: Console) -> None:
    if options.json:
        write_whole(options.json, json.dumps(document(result), indent=1) + "\n")
        out.print(f"  all that was counted: {escape(str(options.json))}")
    if options.report:
        write_whole(options.report, page(result))
        out.print(f"  a page with plots: {escape(str(options.report))}")
