"""The drawing kit: escaping, scales and ticks."""

import xml.etree.ElementTree as ET

import pytest

from analysis.report.svg import Canvas, Scale

HOSTILE = "</text><script>x</script>\"' & <"


def test_texts_and_attributes_are_escaped() -> None:
    canvas = Canvas(10, 10)
    canvas.text((1, 2), HOSTILE)
    canvas.add("rect", fill=HOSTILE)
    tree = ET.fromstring(canvas.svg(HOSTILE))
    assert [each.tag.rpartition("}")[2] for each in tree] == ["title", "text", "rect"]
    assert [tree[0].text, tree[1].text, tree[2].get("fill")] == [HOSTILE] * 3


SCALES = {
    "a linear scale": (Scale(0.0, 1.0, 0, 100), {0.0: 0, 0.25: 25, 1.0: 100}),
    "one that falls": (Scale(0.0, 1.0, 200, 100), {0.0: 200, 1.0: 100}),
    "a logarithmic one": (Scale(0.1, 10.0, 0, 100, log=True), {0.1: 0, 1.0: 50, 10.0: 100}),
    "values beyond stop at the edge": (Scale(0.0, 1.0, 0, 100), {-5.0: 0, 5.0: 100}),
}


@pytest.mark.parametrize(("scale", "places"), SCALES.values(), ids=SCALES.keys())
def test_where_a_value_is_drawn(scale: Scale, places: dict[float, float]) -> None:
    assert {value: pytest.approx(scale(value)) for value in places} == places


TICKS = {
    "shares": (Scale(0.0, 1.0, 0, 1), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    "differences": (Scale(-0.2, 0.6, 0, 1), [-0.2, 0.0, 0.2, 0.4, 0.6]),
    "ratios": (Scale(0.4, 1.7, 0, 1, log=True), [0.5, 0.7, 1.0, 1.5]),
}


@pytest.mark.parametrize(("scale", "ticks"), TICKS.values(), ids=TICKS.keys())
def test_ticks_are_round(scale: Scale, ticks: list[float]) -> None:
    assert scale.ticks() == ticks
