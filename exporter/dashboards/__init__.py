"""Grafana dashboards as code: plain dicts, rendered into `json/` by `make dashboards`.

    parts      panels, variables and value mappings
    overview, platform, provider, vantage, pipeline    one dashboard each
    render     all of them, and the files

`provisioning/` holds the files that tell Grafana where to find them and the data.
"""
