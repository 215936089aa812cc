"""What was measured, as Prometheus metrics, alert rules and pages.

    source   where records come from: a spool, a folder of flat tables, a collector's store
    live     what is known now of each vantage, and the counters
    metrics  the names, types, labels and help texts of all metrics
    collect  from the live state to metric families, per vantage and per network
    pages    their formats
    maker    whole answers as bytes, made in a process of its own (worker) that the server starts (process)
    kept     answers kept for the next who asks
    server   the HTTP side
    board/   the live page and its JSON API
    dashboards/  for Grafana, generated
    rules/   recording rules, alerts, their thresholds and their tests

Reads records only: nothing here measures, and nothing here knows how a probe works.
"""
