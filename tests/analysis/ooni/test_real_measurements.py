"""Every labelled OONI measurement against the table of docs/ooni.md: what we say, and why where OONI says otherwise."""

import json
from pathlib import Path

import pytest

from analysis.importing.run import import_files
from analysis.ooni.platforms import platforms_of
from analysis.verdicts.stored import verdicts_of
from measurements.records import VerdictLine
from measurements.targets_file import load_targets

DOCUMENT = Path(__file__).parents[3] / "docs" / "ooni.md"
# Words of OONI's verdicts -> ours that mean the same.
SAME = {
    "accessible": {"accessible"},
    "down": {"down"},
    "dns": {"blocked/dns"},
    "confirmed, dns": {"blocked/dns"},
    "tcp_ip": {"blocked/tcp"},
    "http-failure": {"blocked/http", "blocked/tls"},
    "http-diff": {"blocked/http"},
    "confirmed": {"blocked/http"},
    "discarded": {"inconclusive"},
}


def table() -> list[list[str]]:
    """Rows (file, theirs, ours, why) of the document."""
    lines = DOCUMENT.read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith(("| wc05", "| explorer", "| fastpath", "| probe-cli"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def verdict_of(file: Path, folder: Path) -> VerdictLine:
    targets = load_targets()
    counts = import_files([file], folder, platforms_of(targets), lambda path: None)
    assert not counts.unreadable
    (line,) = verdicts_of(folder, targets)
    return line


@pytest.mark.parametrize(("file", "theirs", "ours", "why"), table(), ids=[row[0][-70:] for row in table()])
def test_a_measurement_gets_the_verdict_of_the_table(
    ooni_data: Path, tmp_path: Path, file: str, theirs: str, ours: str, why: str
) -> None:
    line = verdict_of(ooni_data / file, tmp_path / "d")
    assert line.verdict + (f"/{line.stage}" if line.verdict == "blocked" else "") == ours
    assert why or ours in SAME[theirs]


def test_no_labelled_measurement_is_left_out_of_the_table(ooni_data: Path) -> None:
    folders = ("wc05_qa", "explorer", "fastpath")
    files = {f"{folder}/{file.name}" for folder in folders for file in (ooni_data / folder).glob("*.json")}
    without_target = {
        name for name in files if "_ndt_" in name or "aggregation" in name or "0120190930" in name
    }
    assert files - without_target == {row[0] for row in table() if not row[0].startswith("probe-cli")}


def test_the_kenya_figures_of_the_document_are_true(ooni_data: Path, tmp_path: Path) -> None:
    targets = load_targets()
    import_files([ooni_data / "kenya-2023"], tmp_path, platforms_of(targets), lambda path: None)
    text = " ".join(DOCUMENT.read_text("utf-8").split())
    lines = list(verdicts_of(tmp_path, targets))
    windows = [line for line in lines if _in_window(line)]
    for asn in (33771, 37061, 36926):
        own = [line for line in windows if line.asn == asn]
        assert f"AS{asn} {sum(line.verdict == 'blocked' for line in own)} of {len(own)}" in text
    days = [line for line in lines if line.asn == 12455 and 8 <= _day(line) <= 24]
    assert f"{sum(line.verdict == 'blocked' for line in days)} of {len(days)} in and outside" in text
    before = [line for line in lines if _day(line) < 8]
    assert f"{sum(line.verdict == 'blocked' for line in before)} of {len(before):,}, over" in text
    assert {line.platform for line in lines} == {"telegram"}
    assert len({line.source for line in lines}) == len(lines)


def _day(line: VerdictLine) -> int:
    """Day of November; earlier days are below 1."""
    return line.time.day if line.time.month == 11 else line.time.day - 31


def _in_window(line: VerdictLine) -> bool:
    return 8 <= _day(line) <= 24 and line.time.weekday() < 5 and line.time.hour in (5, 6, 7, 11, 12, 13)


def test_every_measurement_has_exactly_one_line(ooni_data: Path, tmp_path: Path) -> None:
    """The same measurements as one file of lines: as many verdicts as targets."""
    records = [json.loads(file.read_text("utf-8")) for file in sorted((ooni_data / "wc05_qa").glob("*.json"))]
    lines = tmp_path / "all.jsonl"
    lines.write_text("".join(json.dumps(record) + "\n" for record in records))
    targets = load_targets()
    import_files([lines], tmp_path / "d", platforms_of(targets), lambda path: None)
    found = list(verdicts_of(tmp_path / "d", targets))
    assert len(found) == len({line.source for line in found}) == len(records)
