"""The little that all dashboards are built from."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, dashboard, prometheus, timeseries
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, StackingMode, TooltipDisplayMode
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType, DataSourceRef, GridPos

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
_COLUMNS = 24
_HEIGHT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """One expression over time. ``unit`` is Grafana's name of it, ``legend`` a template of the series' labels."""

    title: str
    description: str
    expr: str
    unit: str
    legend: str
    stacked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Graphs beside each other under a heading."""

    title: str
    graphs: Sequence[Graph]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One dashboard. Its ``uid`` is its address and must never change."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]

    def build(self) -> dashboard.Dashboard:
        page = (
            dashboard.Dashboard(self.title)
            .uid(self.uid)
            .description(self.description)
            .tags(["codex"])
            .readonly()
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .time("now-30m", "now")
            .refresh("10s")
            .link(_to_the_others())
        )
        top = 0
        for row in self.rows:
            page = page.with_row(dashboard.Row(row.title).grid_pos(GridPos(x=0, y=top, w=_COLUMNS, h=1)))
            for graph, position in zip(row.graphs, _side_by_side(len(row.graphs), top + 1), strict=True):
                page = page.with_panel(_panel(graph).grid_pos(position))
            top += 1 + _HEIGHT
        return page


def rate(metric: str, selector: str = "", *, by: str) -> str:
    """Events a second, summed by labels."""
    return f"sum by ({by}) (rate({metric}{{{selector}}}[$__rate_interval]))"


def quantile(share: float, metric: str, selector: str = "", *, by: str) -> str:
    """The value below which ``share`` of a histogram's measurements are."""
    return f"histogram_quantile({share}, {rate(f'{metric}_bucket', selector, by=f'le, {by}')})"


def share_of(part: str, whole: str) -> str:
    """A part of a whole; 0 where there is a whole and no part."""
    return f"({part} or 0 * {whole}) / {whole}"


def _to_the_others() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("Codex")
        .type(DashboardLinkType.DASHBOARDS)
        .tags(["codex"])
        .as_dropdown(True)
        .keep_time(True)
    )


def _side_by_side(count: int, top: int) -> list[GridPos]:
    width = _COLUMNS // count
    return [GridPos(x=number * width, y=top, w=width, h=_HEIGHT) for number in range(count)]


def _panel(graph: Graph) -> timeseries.Panel:
    query = prometheus.Dataquery().expr(graph.expr).legend_format(graph.legend).range().exemplar(True)
    panel = (
        timeseries.Panel()
        .title(graph.title)
        .description(graph.description)
        .unit(graph.unit)
        .min(0)
        .fill_opacity(10)
        .datasource(PROMETHEUS)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .with_target(query.ref_id("A"))
    )
    return panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A")) if graph.stacked else panel
