"""From records in a spool to the page that Prometheus reads."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec import structs
from prometheus_client.parser import text_string_to_metric_families

from exporter.pages import render
from exporter.reading import Reader
from exporter.source import SpoolSource
from measurements.records import Probe
from measurements.store import Spool
from measurements.targets import Targets
from tests.exporter.conftest import NOW, names
from tests.rounds import Told, Who, new_id, one_round, one_session

WHO = Who("v1")
Page = dict[tuple[str, tuple[tuple[str, str], ...]], float]
Read = Callable[[datetime], Page]


def keep(spool: Spool, told: Told) -> None:
    spool.add(told.observations)
    spool.add_verdicts(told.verdicts)
    spool.add_round(told.summary, told.time)


@pytest.fixture
def read(spool: Spool, targets: Targets) -> Read:
    """Reads the page at a time."""
    clock = [NOW]
    reader = Reader(SpoolSource(spool), platforms=names(targets), utc=lambda: clock[0], monotonic=lambda: 0.0)

    def page(at: datetime) -> Page:
        clock[0] = at
        text = render(reader.look().public, "text").decode()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return page


def value(page: Page, name: str, **labels: str) -> float | None:
    """The one value whose labels include these; None if there is none."""
    found = [v for (n, all_), v in page.items() if n == name and set(labels.items()) <= set(all_)]
    assert len(found) <= 1, found
    return found[0] if found else None


def verdict(page: Page, platform: str) -> str | None:
    found = [
        dict(labels)["verdict"]
        for (name, labels), v in page.items()
        if name == "efir_platform_verdict" and v == 1 and dict(labels)["platform"] == platform
    ]
    assert len(found) <= 1
    return found[0] if found else None


def test_an_open_line_shows_every_platform_accessible(spool, read, targets, now):
    keep(spool, one_round(targets, WHO, now))
    page = read(now + timedelta(minutes=1))
    assert {verdict(page, platform) for platform in targets.platforms} == {"accessible"}
    assert value(page, "efir_control_success", vantage="v1") == 1
    assert value(page, "efir_probe_success", platform="youtube", probe="tls") == 1
    assert value(page, "efir_probe_phase_duration_seconds", platform="youtube", phase="tls") == 0.1
    assert value(page, "efir_vantage_info", operator="kazakhtelecom", access="mobile") == 1
    assert value(page, "efir_vantage_last_result_timestamp_seconds") == now.timestamp()
    assert value(page, "efir_received_bytes_total", vantage="v1") == sum(
        row.bytes_received for row in one_round(targets, WHO, now).observations
    )
    assert value(page, "efir_results_total", platform="youtube", verdict="accessible") == 1
    assert value(page, "efir_results_total", platform="youtube", verdict="blocked") == 0


def test_a_failed_phase_is_absent_and_its_probe_is_zero(spool, read, targets, now):
    def reset(platform: str, probe: Probe) -> tuple[str, str] | None:
        return ("tls", "connection_reset") if platform == "vk" and probe not in ("dns", "tcp") else None

    keep(spool, one_round(targets, WHO, now, reset))
    page = read(now)
    assert verdict(page, "vk") == "blocked"
    assert value(page, "efir_platform_stage", platform="vk", stage="tls") == 1
    assert value(page, "efir_probe_success", platform="vk", probe="tcp") == 1
    assert value(page, "efir_probe_success", platform="vk", probe="tls") == 0
    assert value(page, "efir_probe_phase_duration_seconds", platform="vk", phase="tls") is None
    assert value(page, "efir_probe_phase_duration_seconds", platform="vk", phase="connect") == 0.05
    failures = value(page, "efir_probe_failures_total", probe="tls", reason="connection_reset")
    assert failures is not None
    assert failures >= 2


def test_without_any_control_nothing_is_said_of_a_platform(spool, read, targets, now):
    keep(spool, one_round(targets, WHO, now, lambda _platform, _probe: ("resolve", "generic_timeout_error")))
    page = read(now)
    assert {verdict(page, platform) for platform in targets.platforms} == {"inconclusive"}
    assert value(page, "efir_control_success", vantage="v1") == 0


def test_a_session_that_proves_throttling_outweighs_an_accessible_round(spool, read, targets, now):
    keep(spool, one_round(targets, WHO, now))
    rows, line, run = one_session(WHO, "youtube", now, 0.05)
    spool.add(rows)
    spool.add_throttle(line, new_id(), run, now)
    page = read(now + timedelta(minutes=40))
    assert verdict(page, "youtube") == "throttled"
    assert verdict(page, "vk") == "accessible"
    assert value(page, "efir_platform_stage", platform="youtube") == 1
    assert value(page, "efir_throttle_ratio", platform="youtube") == pytest.approx(0.05, rel=0.01)
    assert value(page, "efir_goodput_bytes_per_second", platform="youtube") == pytest.approx(50_000, rel=0.05)
    assert value(page, "efir_control_goodput_bytes_per_second", vantage="v1") == 1_000_000


def test_what_is_older_than_two_intervals_is_gone_and_the_vantage_stays_known_for_a_week(
    spool, read, targets, now
):
    keep(spool, one_round(targets, WHO, now))
    assert verdict(read(now + timedelta(minutes=119)), "vk") == "accessible"
    later = read(now + timedelta(minutes=121))
    assert verdict(later, "vk") is None
    assert value(later, "efir_control_success") is None
    assert value(later, "efir_vantage_last_result_timestamp_seconds") == now.timestamp()
    assert value(read(now + timedelta(days=8)), "efir_vantage_last_result_timestamp_seconds") is None


def test_late_uploads_are_counted_apart_and_shown_nowhere(spool, read, targets, now):
    read(now)
    keep(spool, one_round(targets, WHO, now - timedelta(hours=5)))
    keep(spool, one_round(targets, WHO, now))
    page = read(now)
    assert value(page, "efir_late_results_total", asn="9198") == len(targets.platforms)
    assert value(page, "efir_results_total", platform="vk", verdict="accessible") == 1


def test_results_from_the_future_are_counted_apart_and_shown_nowhere(spool, read, targets, now):
    keep(spool, one_round(targets, WHO, now + timedelta(hours=3)))
    page = read(now)
    assert value(page, "efir_future_results_total") == len(targets.platforms)
    assert verdict(page, "vk") is None


def test_a_result_counts_once_however_often_the_page_is_read(spool, read, targets, now):
    keep(spool, one_round(targets, WHO, now))
    read(now)
    assert value(read(now), "efir_results_total", platform="vk", verdict="accessible") == 1


def test_an_older_round_that_arrives_after_a_newer_one_changes_nothing_that_stands(spool, read, targets, now):
    def slow_names(platform: str, _probe: Probe) -> tuple[str, str] | None:
        return ("tls", "connection_reset") if platform == "vk" else None

    keep(spool, one_round(targets, WHO, now))
    read(now)
    keep(spool, one_round(targets, WHO, now - timedelta(minutes=30), slow_names))
    assert verdict(read(now), "vk") == "accessible"


def test_a_vantage_that_states_no_network_is_shown_as_unknown(spool, read, targets, now):
    keep(spool, one_round(targets, Who("v1", None, None, None), now))
    page = read(now)
    assert value(page, "efir_vantage_info", asn="unknown", country="unknown", access="unknown") == 1


def test_an_empty_spool_gives_a_page_all_the_same(read, now):
    page = read(now)
    assert value(page, "efir_spool_results") == 0
    assert value(page, "efir_collect_failed") == 0


def test_a_round_of_one_platform_leaves_the_others_as_they_stand(spool, read, targets, now):
    keep(spool, one_round(targets, WHO, now))
    only = {"vk": targets.platforms["vk"]}
    keep(spool, one_round(structs.replace(targets, platforms=only), WHO, now + timedelta(minutes=30)))
    page = read(now + timedelta(minutes=40))
    assert value(page, "efir_probe_success", platform="youtube", probe="tls") == 1
    later = read(now + timedelta(minutes=125))
    assert value(later, "efir_probe_success", platform="youtube", probe="tls") is None
    assert value(later, "efir_probe_success", platform="vk", probe="tls") == 1
