"""What is shipped is accepted by the programs that read it, and agrees with the documents."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.observability.dashboards.__main__ import PAGES

from tests.observability.panels import alerts
from tests.observability.running import SHIPPED

REPOSITORY = SHIPPED.parents[1]


@pytest.mark.parametrize("files", [["collector.yaml"], ["collector.yaml", "collector-tail-sampling.yaml"]])
def test_the_collector_accepts_its_configuration(collector_binary: Path, files: list[str]) -> None:
    _run([str(collector_binary), "validate", *(f"--config={file}" for file in files)])


def test_the_collector_would_tell_of_a_misspelt_key(collector_binary: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "collector.yaml"
    wrong.write_text((SHIPPED / "collector.yaml").read_text().replace("sampling_percentage", "sampling_percent"))

    done = subprocess.run([str(collector_binary), "validate", f"--config={wrong}"], capture_output=True, check=False)

    assert done.returncode != 0
    assert b"sampling_percent" in done.stderr


def test_loki_accepts_its_configuration(loki_binary: Path) -> None:
    _run([str(loki_binary), "-config.file=loki.yaml", "-config.expand-env=true", "-verify-config=true"])


def test_prometheus_accepts_its_configuration_and_rules(prometheus_binaries: Path) -> None:
    _run([str(prometheus_binaries / "promtool"), "check", "config", "prometheus.yml"])
    _run([str(prometheus_binaries / "promtool"), "check", "rules", "rules.yml"])


def test_each_alert_fires_on_its_trouble_and_none_on_a_healthy_platform(prometheus_binaries: Path) -> None:
    _run([str(prometheus_binaries / "promtool"), "test", "rules", "rules_test.yml"])

    tested = yaml.safe_load((SHIPPED / "rules_test.yml").read_text())["tests"]
    fired = {alert["alertname"] for test in tested for alert in test.get("alert_rule_test", []) if alert["exp_alerts"]}
    assert fired == {alert["alert"] for alert in alerts()}


def test_tempo_is_given_no_key_that_its_version_refuses() -> None:
    refused = {"compactor", "ingester", "ingester_client", "metrics_generator_enabled", "search_enabled", "ingest"}
    given = yaml.safe_load((SHIPPED / "tempo.yaml").read_text())

    assert not refused & given.keys()
    assert given["overrides"].keys() == {"defaults"}


def test_each_alert_has_a_runbook() -> None:
    headings = re.findall(r"^## (\w+)$", (REPOSITORY / "docs" / "runbooks.md").read_text(), re.MULTILINE)

    assert {alert["alert"] for alert in alerts()} == set(headings)
    for alert in alerts():
        assert alert["annotations"]["runbook_url"] == f"docs/runbooks.md#{alert['alert'].lower()}"
        assert alert["labels"]["severity"] in {"page", "ticket"}


def test_dashboards_are_what_their_code_says() -> None:
    argv = [sys.executable, "-m", "deploy.observability.dashboards", "--check"]
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_graph_says_what_it_shows_and_in_which_unit() -> None:
    assert len({page.uid for page in PAGES}) == len(PAGES)
    for panel in _graphs():
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert all(target["expr"] for target in panel["targets"]), panel["title"]


def test_dashboards_and_links_name_data_sources_that_exist() -> None:
    sources = yaml.safe_load((SHIPPED / "grafana/provisioning/datasources/codex.yaml").read_text())["datasources"]
    known = {source["uid"] for source in sources}
    named = set(
        re.findall(r"datasourceUid: (\w+)", (SHIPPED / "grafana/provisioning/datasources/codex.yaml").read_text())
    )

    assert named <= known
    assert {panel["datasource"]["uid"] for panel in _graphs()} <= known


def _graphs() -> Iterator[dict[str, Any]]:
    for file in (SHIPPED / "grafana" / "dashboards").glob("*.json"):
        panels = json.loads(file.read_text())["panels"]
        yield from (panel for panel in panels if panel["type"] != "row")


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, cwd=SHIPPED, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
