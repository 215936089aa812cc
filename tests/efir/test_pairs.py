"""Pairs and their plot in the terminal."""

from datetime import UTC, datetime, timedelta

from efir.output import Output
from efir.show.pairs import BOTH, CONTROL, HEIGHT, TARGET, WIDTH, pair_text, pairs_of, plot, show_pairs
from measurements.records import Observation, TransferFacts
from tests.records import observation

START = datetime(2026, 11, 20, 18, 3, 11, tzinfo=UTC)


def flow(role: str, rate: float | None, pair: str = "p", second: int = 0, **marks: str) -> Observation:
    sizes = tuple(range(10_000, 100_001, 10_000)) if rate else ()
    facts = TransferFacts(
        arm="helper",
        pair=pair,
        purpose=marks.pop("purpose", "pair"),
        protocol=marks.pop("protocol", "tcp"),
        direction=marks.pop("direction", "download"),
        times=tuple(size / rate for size in sizes) if rate else (),
        bytes=sizes,
        goodput=rate,
    )
    return observation(
        id=f"{pair}{role}",
        time=START + timedelta(seconds=second),
        role=role,
        probe="transfer",
        transfer=facts,
        **marks,
    )


def test_a_pair_is_one_line():
    assert pair_text(flow("target", 20_000), flow("control", 800_000)) == (
        "18:03:11  helper  target 20.0 kB/s  control 800.0 kB/s  ratio 0.025"
    )


def test_a_pair_of_another_series_says_so_and_is_not_plotted_among_downloads(capsys):
    rows = [
        flow("target", 50_000, "quic", 1, protocol="quic"),
        flow("control", 800_000, "quic", 2, protocol="quic"),
        flow("target", 40_000, "up", 3, direction="upload"),
        flow("control", 800_000, "up", 4, direction="upload"),
        flow("target", 790_000, "down", 5),
        flow("control", 800_000, "down", 6),
    ]
    show_pairs(Output(), rows)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[1] for line in lines[:3]] == ["QUIC helper", "upload helper", "helper"]
    assert lines[4:-2] == plot(rows[4], rows[5])[:-2]


def test_a_failed_flow_says_how_it_failed():
    failed = flow("target", None, failure="connection_reset", stage="transfer")
    assert "target connection_reset" in pair_text(failed, flow("control", 800_000))
    assert "ratio -" in pair_text(failed, flow("control", 800_000))


def test_pairs_come_in_the_order_of_the_wire_without_noise_checks_and_halves():
    rows = [
        flow("control", 1e6, "late", 9),
        flow("target", 1e6, "late", 8),
        flow("target", 1e6, "early", 1),
        flow("control", 1e6, "early", 2),
        flow("target", 1e6, "half", 3),
        flow("control", 1e6, "noise", 4, purpose="noise"),
    ]
    assert [target.transfer.pair for target, _ in pairs_of(rows)] == ["early", "late"]


def test_a_slow_target_lies_below_its_control():
    lines = plot(flow("target", 20_000), flow("control", 800_000))
    assert max(map(len, lines)) <= WIDTH + 24
    assert len(lines) == HEIGHT + 2
    assert CONTROL in lines[0]
    assert lines[0].index(CONTROL) < 15
    assert TARGET in lines[0]
    assert lines[0].index(TARGET) > WIDTH


def test_flows_that_are_alike_lie_on_each_other():
    lines = plot(flow("target", 20_000), flow("control", 20_000))
    assert CONTROL not in "".join(lines[:HEIGHT])
    assert BOTH in lines[0]


def test_a_pair_without_a_byte_is_an_empty_plot():
    assert len(plot(flow("target", None), flow("control", None))) == HEIGHT + 2
