"""YAML schedules: what is read, what is refused, and with which words."""

import os
from pathlib import Path

import pytest

from analysis.schedule.load import load_schedule, misspelt, parse_schedule
from analysis.schedule.printed import iso

HEAD = "version: 1\ntimezone: Asia/Almaty\nevents:\n"


def schedule(*entries: str, head: str = HEAD) -> str:
    return head + "".join(f"  - {entry}\n" for entry in entries)


GOOD = {
    "a local time before the move of 1 March 2024 is six hours ahead": (
        "{start: 2018-05-03T20:00, end: 2018-05-03T22:00}",
        "2018-05-03T14:00:00Z",
    ),
    "a local time after it is five hours ahead": (
        "{start: 2024-03-01T20:00, end: 2024-03-01T22:00}",
        "2024-03-01T15:00:00Z",
    ),
    "seconds and a space are fine": (
        "{start: 2024-03-01 20:00:30, end: 2024-03-01 22:00:00}",
        "2024-03-01T15:00:30Z",
    ),
    "an offset wins over the zone": (
        "{start: 2018-05-03T20:00+03:00, end: 2018-05-03T22:00+03:00}",
        "2018-05-03T17:00:00Z",
    ),
    "an entry may name its own zone": (
        "{timezone: Asia/Aqtau, start: 2018-05-03T20:00, end: 2018-05-03T22:00}",
        "2018-05-03T15:00:00Z",
    ),
    "Qyzylorda moved on 21 December 2018: before": (
        "{timezone: Asia/Qyzylorda, start: 2018-12-20T20:00, end: 2018-12-20T22:00}",
        "2018-12-20T14:00:00Z",
    ),
    "Qyzylorda moved on 21 December 2018: after": (
        "{timezone: Asia/Qyzylorda, start: 2018-12-21T20:00, end: 2018-12-21T22:00}",
        "2018-12-21T15:00:00Z",
    ),
    "the planned hours are the event's hours": (
        "{start: 2018-05-03T21:10, end: 2018-05-03T23:00, planned_start: 2018-05-03T20:00, "
        "planned_end: 2018-05-03T22:00, status: moved}",
        "2018-05-03T14:00:00Z",
    ),
}


@pytest.mark.parametrize(("entry", "start"), GOOD.values(), ids=GOOD.keys())
def test_hours_are_kept_in_utc(entry: str, start: str) -> None:
    read = parse_schedule(schedule(entry))
    assert read.problems == ()
    assert [iso(event.start) for event in read.events] == [start]


BAD = {
    "an hour that happened twice is asked back": (
        "{id: a, start: 2024-02-29T23:30, end: 2024-03-01T01:00}",
        "2024-02-29T23:30 happened twice in Asia/Almaty, when the clocks went back: which one is meant? "
        "Write 2024-02-29T23:30+06:00 or 2024-02-29T23:30+05:00",
    ),
    "an hour that never happened is asked back": (
        "{id: a, timezone: Europe/Berlin, start: 2018-03-25T02:30, end: 2018-03-25T04:00}",
        "2018-03-25T02:30 never happened in Europe/Berlin",
    ),
    "an end before the start": (
        "{id: a, start: 2018-05-03T20:00, end: 2018-05-03T19:00}",
        "end is not after start",
    ),
    "a misspelt key": (
        "{id: a, start: 2018-05-03T20:00, end: 2018-05-03T22:00, plattforms: [vk]}",
        "did you mean 'platforms'?",
    ),
    "a misspelt status": (
        "{id: a, start: 2018-05-03T20:00, end: 2018-05-03T22:00, status: canceled}",
        "did you mean 'cancelled'?",
    ),
    "a zone that does not exist": (
        "{id: a, timezone: Asia/Almata, start: 2018-05-03T20:00, end: 2018-05-03T22:00}",
        "did you mean 'Asia/Almaty'?",
    ),
    "a zone that climbs out of the folder": (
        "{id: a, timezone: ../zones, start: 2018-05-03T20:00, end: 2018-05-03T22:00}",
        "the time zone '../zones' does not exist",
    ),
    "a day without a clock time": (
        "{id: a, start: 2018-05-03, end: 2018-05-03T22:00}",
        "write it like 2018-05-03T20:00",
    ),
    "no time at all": ("{id: a, start: tonight, end: 2018-05-03T22:00}", "'tonight' is no date and time"),
    "an entry that is no mapping": ("tonight", "a mapping (key: value) is needed here"),
}


@pytest.mark.parametrize(("entry", "text"), BAD.values(), ids=BAD.keys())
def test_a_mistake_is_named_with_its_line_and_the_rest_is_kept(entry: str, text: str) -> None:
    good = "{id: kept, start: 2018-05-05T20:00, end: 2018-05-05T22:00}"
    read = parse_schedule(schedule(good, entry))
    assert [event.id for event in read.events] == ["kept"]
    assert [problem.line for problem in read.problems] == [5]
    assert text in read.problems[0].text
    assert read.entries == 2


def test_an_unknown_zone_of_the_file_leaves_the_times_with_an_offset() -> None:
    read = parse_schedule(
        schedule(
            "{id: naive, start: 2018-05-03T20:00, end: 2018-05-03T22:00}",
            "{id: exact, start: 2018-05-03T20:00Z, end: 2018-05-03T22:00Z}",
            head="timezone: Asia/Alma\nevents:\n",
        )
    )
    assert [event.id for event in read.events] == ["exact"]
    assert "did you mean 'Asia/Almaty'" in read.problems[0].text


def test_one_event_cannot_have_two_schedules() -> None:
    read = parse_schedule(
        schedule(
            "{id: a, start: 2018-05-03T20:00, end: 2018-05-03T22:00}",
            "{id: a, start: 2018-05-04T20:00, end: 2018-05-04T22:00}",
        )
    )
    assert [iso(event.start) for event in read.events] == ["2018-05-03T14:00:00Z"]
    assert "has two schedules (first on line 4)" in read.problems[0].text


def test_overlapping_events_are_named_and_count_as_one() -> None:
    read = parse_schedule(
        schedule(
            "{id: a, start: 2018-05-03T20:00, end: 2018-05-03T22:00, platforms: [VK], announced: 2018-05-01}",
            "{id: b, start: 2018-05-03T21:00, end: 2018-05-03T23:00}",
            "{id: c, start: 2018-05-03T21:00, end: 2018-05-03T23:00, platforms: [youtube]}",
        )
    )
    assert [notice.text.split(";")[0] for notice in read.notices] == ["overlaps a", "has the same hours as b"]
    (window,) = read.hours("vk").windows
    assert window.ids == ("a", "b")
    assert window.end - window.start == 3 * 3600
    assert window.announced
    assert read.hours("youtube").windows[0].ids == ("b", "c")


def test_hours_of_other_causes_and_cancelled_events_stand_apart() -> None:
    text = schedule(
        "{id: a, start: 2018-05-03T20:00, end: 2018-05-03T22:00, status: cancelled}",
        "{id: b, start: 2018-05-04T20:00, end: 2018-05-04T22:00, status: held}",
        "{id: c, start: 2018-05-04T21:00, end: 2018-05-04T22:00, status: cancelled}",
    )
    text += "other:\n  - {id: vote, kind: election, start: 2019-06-09T07:00, end: 2019-06-10T00:00}\n"
    hours = parse_schedule(text).hours("vk")
    assert [(window.ids, window.cancelled) for window in hours.windows] == [(("a",), True), (("b",), False)]
    assert [end - start for start, end in hours.left_out] == [17 * 3600]


def test_events_can_be_chosen_by_kind() -> None:
    read = parse_schedule(
        schedule(
            "{id: a, kind: livestream, start: 2018-05-03T20:00, end: 2018-05-03T22:00}",
            "{id: b, kind: notice, start: 2018-05-04T20:00, end: 2018-05-04T22:00}",
        )
    )
    assert [window.ids for window in read.hours("vk", ("livestream",)).windows] == [("a",)]


def test_a_file_that_is_no_schedule_says_so() -> None:
    assert "a schedule is a mapping" in parse_schedule("- a\n- b\n").problems[0].text
    assert "not valid YAML" in parse_schedule("events: [\n").problems[0].text
    assert "the key 'events' is missing" in parse_schedule("timezone: Asia/Almaty\n").problems[0].text


def incidents() -> Path:
    default = Path(__file__).parents[4] / "shared"
    return Path(os.environ.get("EFIR_SHARED", default)) / "data" / "kz-incidents.yaml"


@pytest.mark.skipif(not incidents().exists(), reason="needs the incidents file of the research material")
def test_the_incidents_file_is_read_and_most_of_its_entries_have_no_hours() -> None:
    read = load_schedule(incidents())
    assert read.problems == ()
    assert read.timezone == "Asia/Almaty"
    assert read.entries == len(read.events) + len(read.unusable)
    blackout = next(event for event in read.events if event.id == "shutdown-2022-01-05")
    assert iso(blackout.start) == "2022-01-05T10:30:00Z"
    assert blackout.platforms == ()  # "all"


def test_a_platform_that_is_nearly_one_of_ours_is_told_and_others_are_not() -> None:
    hours = "start: 2018-05-03T20:00, end: 2018-05-03T22:00"
    read = parse_schedule(schedule(f"{{{hours}, platforms: [youtub, vk, whatsapp, example.org]}}"))
    (notice,) = misspelt(read, ("vk", "youtube"))
    assert (notice.line, notice.text) == (4, "no platform is called 'youtub'; did you mean 'youtube'?")


def test_many_events_of_one_hour_give_one_notice_each() -> None:
    hours = "start: 2018-05-03T20:00, end: 2018-05-03T22:00"
    read = parse_schedule(schedule(*(f"{{id: e{number}, {hours}}}" for number in range(9))))
    assert len(read.notices) == 8


def test_lines_of_each_entry_are_its_own() -> None:
    good, bad = "{start: 2018-05-03T20:00, end: 2018-05-03T22:00}", "{start: 2018-05-03T20:00, end: never}"
    read = parse_schedule(schedule(good, bad, good, bad))
    assert [problem.line for problem in read.problems] == [5, 7]
