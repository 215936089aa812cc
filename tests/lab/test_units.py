"""Quantities as people write them."""

import pytest

from lab.units import EXAMPLES, UNITS, Kind, UnitError, clock_time, quantity


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("150 kbit/s", "rate", 150_000),
        ("1.5 Mbit/s", "rate", 1_500_000),
        ("20 ms", "time", 0.02),
        ("15min", "time", 900),
        ("32 kB", "size", 32_000),
        ("32 KiB", "size", 32_768),
        ("5 %", "share", 0.05),
        ("40 kB/s", "byte rate", 40_000),
        ("8 kbit/s", "byte rate", 1_000),
        ("0", "time", 0),
    ],
)
def test_a_quantity_is_read_in_its_base_unit(text: str, kind: Kind, number: float) -> None:
    assert quantity(text, kind) == pytest.approx(number)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("150", "rate", "has no unit"),
        ("150 kbits/s", "rate", 'did you mean "kbit/s"?'),
        ("20 msec", "time", 'did you mean "ms"?'),
        ("32 kbit/s", "size", "is no unit of size"),
        ("fast", "rate", "is no rate"),
        ("-5 %", "share", "is no share"),
    ],
)
def test_what_is_no_quantity_is_refused_with_what_would_do(text: str, kind: Kind, says: str) -> None:
    with pytest.raises(UnitError, match=says.replace("?", r"\?").replace("/", "/")):
        quantity(text, kind)


@pytest.mark.parametrize("kind", UNITS)
def test_each_kind_has_an_example_that_works(kind: Kind) -> None:
    assert quantity(EXAMPLES[kind], kind) > 0


def test_a_time_of_day_is_seconds_after_midnight() -> None:
    assert clock_time("20:30") == 73_800


@pytest.mark.parametrize("text", ["8pm", "25:00", "20:61", "20"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="20:30"):
        clock_time(text)
