"""Grafana's dashboards as code. ``python -m deploy.observability.dashboards`` writes them as Grafana reads them."""
