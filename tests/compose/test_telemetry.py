"""What the observability stack has after something was handed in. Its programs can be asked from inside only."""

import json
from urllib.parse import urlencode

from tests.compose.stack import SERVICES, Json, Stack
from tests.e2e.client import Platform, eventually
from tests.e2e.programs import TWO_SUM

_FETCH = "import sys, urllib.request as web; print(web.urlopen(sys.argv[1], timeout=10).read().decode())"
_TARGETS = 5
_SERIES = 'count by (job) (target_info{job=~"codex/.+"})'
_TRACED = {f"{name}-service" for name in SERVICES} - {"collab-service"}


def _asked(stack: Stack, address: str, **query: str) -> Json:
    url = f"http://{address}?{urlencode(query)}"
    answer: Json = json.loads(stack.execute("gateway", "python3", "-c", _FETCH, url))["data"]
    return answer


async def test_log_lines_of_a_submission_are_found_by_its_trace_in_all_services_that_had_part_in_it(
    stack: Stack, platform: Platform
) -> None:
    trace = (await platform.judged(await platform.sign_up(), TWO_SUM))["trace_id"]
    query = f'{{service_name=~".+"}} | trace_id="{trace}"'

    async def found() -> bool:
        streams = _asked(stack, "loki:3100/loki/api/v1/query_range", query=query, since="10m")["result"]
        return {"code-manage-service", "code-execution-service"} <= {each["stream"]["service_name"] for each in streams}

    await eventually(found, within=30, what="the log lines are in Loki")


async def test_prometheus_reaches_all_of_its_targets(stack: Stack) -> None:
    async def reached() -> bool:
        targets = _asked(stack, "prometheus:9090/api/v1/targets")["activeTargets"]
        # The stand-in for Tempo has no metrics of its own.
        wanted = [each for each in targets if "tempo" not in each["scrapeUrl"] or not stack.stands_in("tempo")]
        return len(targets) == _TARGETS and all(each["health"] == "up" for each in wanted)

    await eventually(reached, within=40, what="all targets are up")


async def test_the_five_traced_services_have_metrics_and_collab_has_none(stack: Stack, platform: Platform) -> None:
    await platform.judged(await platform.sign_up(), TWO_SUM)

    async def found() -> bool:
        series = _asked(stack, "prometheus:9090/api/v1/query", query=_SERIES)["result"]
        return {each["metric"]["job"] for each in series} == {f"codex/{name}" for name in _TRACED}

    await eventually(found, within=40, what="metrics of the traced services")
