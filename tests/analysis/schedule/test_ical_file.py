"""iCalendar schedules."""

import pytest

from analysis.schedule.load import parse_schedule
from analysis.schedule.model import Schedule
from analysis.schedule.printed import iso


def calendar(*events: str, zone: str = "X-WR-TIMEZONE:Asia/Almaty") -> Schedule:
    body = "\n".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{zone}\n{body}\nEND:VCALENDAR\n"
    return parse_schedule(text.replace("\n", "\r\n"))


STARTS = {
    "a time in UTC": ("DTSTART:20180503T140000Z\nDTEND:20180503T160000Z", ["2018-05-03T14:00:00Z"]),
    "a floating time stands in the calendar's zone": (
        "DTSTART:20180503T200000\nDURATION:PT2H",
        ["2018-05-03T14:00:00Z"],
    ),
    "a time with its zone": (
        "DTSTART;TZID=Asia/Aqtau:20180503T200000\nDTEND;TZID=Asia/Almaty:20180503T230000",
        ["2018-05-03T15:00:00Z"],
    ),
    "a recurring event keeps the wall clock over the move of 1 March 2024": (
        "DTSTART;TZID=Asia/Almaty:20240228T200000\nDTEND;TZID=Asia/Almaty:20240228T220000\n"
        "RRULE:FREQ=DAILY;COUNT=4\nEXDATE;TZID=Asia/Almaty:20240229T200000",
        ["2024-02-28T14:00:00Z", "2024-03-01T15:00:00Z", "2024-03-02T15:00:00Z"],
    ),
    "a rule's end and exceptions may be given in UTC": (
        "DTSTART;TZID=Asia/Almaty:20230401T200000\nDTEND;TZID=Asia/Almaty:20230401T220000\n"
        "RRULE:FREQ=DAILY;UNTIL=20230403T140000Z\nEXDATE:20230402T140000Z",
        ["2023-04-01T14:00:00Z", "2023-04-03T14:00:00Z"],
    ),
    "a rule that ends on a day ends after it": (
        "DTSTART:20230401T200000\nDURATION:PT2H\nRRULE:FREQ=DAILY;UNTIL=20230402",
        ["2023-04-01T14:00:00Z", "2023-04-02T14:00:00Z"],
    ),
    "further dates of an event": (
        "DTSTART:20230401T140000Z\nDURATION:PT2H\nRDATE:20230405T140000Z,20230407T150000Z",
        ["2023-04-01T14:00:00Z", "2023-04-05T14:00:00Z", "2023-04-07T15:00:00Z"],
    ),
}


@pytest.mark.parametrize(("event", "starts"), STARTS.values(), ids=STARTS.keys())
def test_starts_in_utc(event: str, starts: list[str]) -> None:
    read = calendar(f"UID:a\n{event}")
    assert read.problems == ()
    assert [iso(each.start) for each in read.events] == starts


def test_an_occurrence_that_was_moved_is_not_at_its_old_hour_as_well() -> None:
    hours = "DTSTART;TZID=Asia/Almaty:202304{day}T{hour}0000\nDURATION:PT2H"
    read = calendar(
        f"UID:a\n{hours.format(day='01', hour=20)}\nRRULE:FREQ=DAILY;COUNT=3",
        f"UID:a\nRECURRENCE-ID;TZID=Asia/Almaty:20230402T200000\n{hours.format(day='02', hour=21)}",
    )
    assert read.problems == ()
    assert [iso(each.start)[8:13] for each in read.events] == ["01T14", "02T15", "03T14"]


def test_a_moved_occurrence_keeps_the_platforms_of_its_series() -> None:
    read = calendar(
        "UID:a\nDTSTART:20230401T140000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY;COUNT=2\nX-EFIR-PLATFORMS:vk",
        "UID:a\nRECURRENCE-ID:20230402T140000Z\nDTSTART:20230402T150000Z\nDURATION:PT2H",
    )
    assert [each.platforms for each in read.events] == [("vk",), ("vk",)]


BAD = {
    "an end before the start": ("DTSTART:20180503T200000\nDTEND:20180503T190000", "end is not after start"),
    "an hour that happened twice": (
        "DTSTART;TZID=Asia/Almaty:20240229T233000\nDTEND;TZID=Asia/Almaty:20240301T010000",
        "happened twice",
    ),
    "a recurring event without an end": (
        "DTSTART:20180503T200000Z\nDTEND:20180503T210000Z\nRRULE:FREQ=DAILY",
        "add COUNT or UNTIL",
    ),
    "a rule that says no frequency": (
        "DTSTART:20180503T200000Z\nDTEND:20180503T210000Z\nRRULE:COUNT=2",
        "no FREQ",
    ),
    "two starts": (
        "DTSTART:20180503T200000Z\nDTSTART:20180503T210000Z\nDTEND:20180503T220000Z",
        "more than one DTSTART",
    ),
    "an occurrence that is no time": (
        "RECURRENCE-ID:x\nDTSTART:20180503T200000Z\nDTEND:20180503T220000Z",
        "RECURRENCE-ID",
    ),
    "a year in which nobody measured": ("DTSTART:00010503T200000Z\nDTEND:20180503T210000Z", "the year"),
}


@pytest.mark.parametrize(("event", "text"), BAD.values(), ids=BAD.keys())
def test_mistakes_are_named_and_the_rest_is_kept(event: str, text: str) -> None:
    read = calendar(f"UID:bad\n{event}", "UID:good\nDTSTART:20180504T140000Z\nDTEND:20180504T160000Z")
    assert [each.id for each in read.events] == ["good"]
    assert text in read.problems[0].text
    assert read.problems[0].place.startswith("bad")


def test_without_a_zone_for_the_file_the_first_event_decides() -> None:
    hours = "DTSTART;TZID=Asia/Aqtau:20180503T200000\nDURATION:PT2H"
    assert calendar(f"UID:a\n{hours}", zone="X-WR-CALNAME:x").timezone == "Asia/Aqtau"
    assert calendar("UID:a\nDTSTART:20180503T140000Z\nDURATION:PT2H", zone="X-WR-CALNAME:x").timezone == "UTC"


def test_whole_days_have_no_clock_hours() -> None:
    read = calendar("UID:a\nDTSTART;VALUE=DATE:20180503\nDTEND;VALUE=DATE:20180504")
    assert [problem.text for problem in read.unusable] == ["a whole day; clock hours are needed"]


def test_status_kind_platforms_and_other_causes() -> None:
    hours = "DTSTART:20180503T140000Z\nDTEND:20180503T160000Z"
    read = calendar(
        f"UID:a\n{hours}\nSTATUS:CANCELLED\nCATEGORIES:livestream\nX-EFIR-PLATFORMS:VK\\, youtube\n"
        "X-EFIR-ANNOUNCED:2018-05-01",
        f"UID:b\n{hours}\nCATEGORIES:other,election\nSUMMARY:a name that is not read",
    )
    (event,) = read.events
    assert (event.status, event.kind, event.platforms) == ("cancelled", "livestream", ("vk", "youtube"))
    assert event.window.announced
    assert [(each.id, each.kind) for each in read.other] == [("b", "election")]


def test_text_that_is_no_calendar() -> None:
    read = parse_schedule("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nthis is not a property\r\n")
    assert read.events == ()
    assert read.problems
