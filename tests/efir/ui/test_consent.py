"""The page asks for consent first, and never more than was agreed."""

from pathlib import Path

import pytest

from tests.efir.ui.conftest import HOSTILE, LINE, Gate, consent_of, visiting
from vantage.consent import withdraw
from vantage.line import Stated, read_stated


@pytest.mark.parametrize("page", ["", "results", "settings", "sending"])
async def test_before_consent_every_page_is_the_consent_and_nothing_is_stored(
    tmp_path: Path, page: str
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        assert "Who can see it" in await visitor.get(page)
        assert "efir wipe" in visitor.text, "the text of the terminal"
        await visitor.post("measure")
        assert "Who can see it" in visitor.text
        assert visitor.site.work.doing is None
        assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"control0": "no", "control1": "no", "agrees": "yes"}, "Efir does not hide you; please read"),
        ({"control0": "yes", "control1": "yes", "agrees": "yes"}, "Nobody can promise that; please read"),
        ({"control0": "yes", "control1": "no", "agrees": "no"}, "Not agreed; nothing is measured"),
        ({"control0": "yes", "control1": "no"}, "A question was left without an answer"),
        ({"control0": "maybe", "control1": "no", "agrees": "yes"}, "A question was left without an answer"),
    ],
    ids=["believes to be hidden", "believes it is safe", "says no", "says nothing", "says something else"],
)
async def test_anything_but_an_informed_yes_records_nothing(
    tmp_path: Path, answers: dict[str, str], said: str
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        assert said in await visitor.post("agree", **answers)
        assert consent_of(visitor) is None
        assert not (tmp_path / "s").exists()


async def test_consent_is_recorded_with_the_lines_that_were_ticked_and_the_line_is_asked_next(
    tmp_path: Path,
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree(helper="yes", live="yes")
        consent = consent_of(visitor)
        assert consent
        assert (consent.interactive, consent.helper, consent.upload, consent.trace) == (
            True,
            True,
            False,
            False,
        )
        assert not consent.live, "results that are not sent are not sent soon"
        assert "Do you pay by volume" in visitor.text
        await visitor.post("line", **LINE)
        assert read_stated(visitor.site.folder) == Stated(
            plan="plain", metered=False, tethered=None, access="mobile", vpn=False
        )
        assert "0.0 MB of 100.0 MB" in visitor.text


@pytest.mark.parametrize("name", LINE)
async def test_an_answer_that_is_none_of_those_offered_is_not_kept(tmp_path: Path, name: str) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert "without an answer" in await visitor.post("line", **LINE | {name: HOSTILE})
        assert read_stated(visitor.site.folder) is None


async def test_the_lines_can_be_changed_and_the_consent_taken_back(tmp_path: Path, gate: Gate) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("lines", upload="yes", live="yes")
        consent = consent_of(visitor)
        assert consent
        assert (consent.helper, consent.upload, consent.live) == (False, True, True)
        await visitor.post("measure")
        assert "Your consent is taken back." in await visitor.post("unagree")
        assert consent_of(visitor) is None
        assert visitor.site.work.doing is None


async def test_a_consent_taken_back_elsewhere_counts_at_once(tmp_path: Path) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        withdraw(visitor.site.folder)
        assert "Who can see it" in await visitor.get("results")
        assert "Who can see it" in await visitor.post("measure")
