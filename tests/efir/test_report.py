"""`efir report` from the outside: a data set with a known effect, one without, and hostile names."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import numpy as np
import pytest

from efir.exits import Exit
from tests.commands import efir

START = datetime(2024, 4, 1, 19, tzinfo=UTC)  # midnight in Almaty
DAYS = 30
EVENT_DAYS = range(1, DAYS, 3)
HOSTILE = "<script>alert(1)</script>\"'><img src=http://192.0.2.1/x>"
COLUMNS = "time vantage asn platform role probe pair arm goodput_bytes_per_second"


def write_rows(file: Path, cells: dict[tuple[str, int], float], vantages: int = 5) -> None:
    """Hourly pairs of each (platform, AS); its value is the ratio in the hours of the events."""
    rng = np.random.default_rng(4)
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS.split())
        for (platform, asn), ratio in cells.items():
            for vantage in range(vantages):
                for index in range(DAYS * 24):
                    inside = index // 24 in EVENT_DAYS and index % 24 in (20, 21)
                    when = (START + timedelta(hours=index, minutes=7 + vantage)).isoformat()
                    speeds = 1e6 * np.exp(rng.normal(0, 0.2, 2)) * (ratio if inside else 1.0, 1.0)
                    start = [when, f"v{asn}-{vantage}", asn]
                    pair = f"{platform} {index}"
                    writer.writerow([*start, platform, "target", "transfer", pair, "", speeds[0]])
                    writer.writerow([*start, "wikipedia", "control", "transfer", pair, "foreign", speeds[1]])


def schedule(source: str = "https://example.org/plan") -> str:
    events = [
        {
            "id": f"e{day}",
            "kind": "livestream",
            "start": (START + timedelta(days=day, hours=20)).isoformat(),
            "end": (START + timedelta(days=day, hours=22)).isoformat(),
            "source": source,
        }
        for day in EVENT_DAYS
    ]
    return json.dumps({"version": 1, "timezone": "Asia/Almaty", "events": events})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores `slowed` (one of two networks), `even`, `few` (four vantages) and `hostile`, and schedules."""
    folder = tmp_path_factory.mktemp("report")
    stores: dict[str, tuple[dict[tuple[str, int], float], int]] = {
        "slowed": ({("youtube", 9198): 0.4, ("youtube", 21299): 1.0}, 5),
        "even": ({("youtube", 9198): 1.0, ("youtube", 21299): 1.0}, 5),
        "few": ({("youtube", 9198): 0.4}, 4),
        "hostile": ({(HOSTILE, 9198): 0.4}, 5),
    }
    for name, (cells, vantages) in stores.items():
        write_rows(folder / f"{name}.csv", cells, vantages)
        assert efir("import", folder / f"{name}.csv", "--into", folder / name) == 0
    (folder / "events.yaml").write_text(schedule())
    (folder / "hostile.yaml").write_text(schedule(HOSTILE))
    return folder


def report(home: Path, store: str, *options: object, events: str = "events.yaml") -> str:
    """The HTML of a report over one store."""
    out = home / "report.html"
    arguments = ["report", "--data", home / store, "--out", out, "--shifts", 500, *options]
    if events:
        arguments += ["--schedule", home / events]
    assert efir(*arguments) == Exit.OK
    return out.read_text("utf-8")


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text("utf-8").splitlines()))


def answer(html: str) -> str:
    found = re.search(r'<div class="answer">(.*?)</div>', html, re.DOTALL)
    assert found
    return found[1]


def test_a_known_effect_is_the_first_thing_said(home: Path) -> None:
    said = answer(report(home, "slowed", "--lang", "en"))
    assert "Associated in 1 of 2 tested cells" in said
    ratio = re.search(r"youtube, AS9198: .* its speed was (0\.\d\d) of what was expected", said)
    assert ratio
    assert 0.35 < float(ratio[1]) < 0.46
    assert "AS21299" not in said


def test_without_an_effect_none_is_said(home: Path) -> None:
    html = report(home, "even", "--lang", "en")
    assert "No association in any of 2 tested cells; in 2 of them a large effect is excluded" in answer(html)
    assert "<td>associated</td>" not in html


def test_cells_of_fewer_than_five_vantages_are_hidden_unless_the_copy_is_private(home: Path) -> None:
    public = report(home, "few", "--lang", "en")
    assert "youtube" not in public
    assert "1 cells are not shown" in public
    assert "This copy cannot answer" in answer(public)
    private = report(home, "few", "--private", "--lang", "en")
    assert "PRIVATE COPY" in private
    assert "youtube, AS9198: in the hours" in answer(private)


def test_published_data_frees_only_measurements_of_ooni(home: Path) -> None:
    assert "youtube" not in report(home, "few", "--published-data")


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_hostile_names_and_sources_stay_text(home: Path, language: str) -> None:
    html = report(home, "hostile", "--lang", language, events="hostile.yaml")
    assert "alert(1)" in html
    assert "<script" not in html
    assert "<img" not in html
    assert "default-src 'none'" in html
    assert f'<html lang="{language}">' in html


def test_nothing_in_the_page_can_be_fetched(home: Path) -> None:
    html = report(home, "slowed")
    assert re.findall(r"(?:src|href|srcset|action|data)\s*=|url\(|@import", html) == []


def test_the_bundle_names_what_reproduces_the_report(home: Path, tmp_path: Path) -> None:
    html = report(home, "slowed", "--seed", 7, "--charts", tmp_path)
    written = (tmp_path / "bundle.json").read_text("utf-8")
    bundle = json.loads(written)
    assert bundle["plan"]["seed"] == 7
    assert bundle["preregistration_sha256"] is None
    for name in ("data_sha256", "schedule_sha256"):
        assert re.fullmatch("[0-9a-f]{64}", bundle[name])
        assert bundle[name] in html
    assert f"<pre>{escape(written)}</pre>" in html.replace("&#39;", "&#x27;").replace("&#34;", "&quot;")
    assert str(home) not in html


def test_a_preregistration_is_shown_by_its_hash(home: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    html = report(home, "slowed", "--preregister", plan, "--lang", "en")
    assert f"registered beforehand, hash {json.loads(plan.read_text())['sha256']}" in html


def test_charts_come_as_csv_svg_and_png(home: Path, tmp_path: Path) -> None:
    report(home, "slowed", "--charts", tmp_path)
    kinds = {(file.stem, file.suffix) for file in tmp_path.iterdir()}
    names = {"overview-goodput"} | {
        f"cell-{n}-{what}" for n in (1, 2) for what in ("timeline", "events", "evenings")
    }
    assert kinds - {("bundle", ".json")} == {
        (name, suffix) for name in names for suffix in (".csv", ".svg", ".png")
    }
    slowed = next(row for row in rows(tmp_path / "overview-goodput.csv") if "9198" in row["cell"])
    assert slowed["verdict"] == "associated"
    assert len(rows(tmp_path / "cell-1-events.csv")) == len(EVENT_DAYS)
    assert (tmp_path / "cell-1-timeline.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_schedule_there_are_timelines_and_changes(home: Path) -> None:
    html = report(home, "even", "--lang", "en", events="")
    assert "No schedule was given" in html
    assert "0 changes of level were found in 2 cells" in html
    assert "over time</figcaption>" in html


def test_preregistration_without_a_schedule_is_wrong_use(home: Path, tmp_path: Path) -> None:
    arguments = [
        "report",
        "--data",
        home / "even",
        "--out",
        tmp_path / "r.html",
        "--preregister",
        tmp_path / "p",
    ]
    assert efir(*arguments) == Exit.USAGE


def test_a_report_that_cannot_be_written_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "file").write_text("")
    arguments = ["report", "--data", home / "even", "--out", home / "file" / "report.html"]
    assert efir(*arguments) == Exit.CONFIGURATION
    assert "cannot be written" in capsys.readouterr().err
