"""The page in a real browser: it opens without a complaint, asks nobody else, and a picture of it is kept."""

import asyncio
import json
from pathlib import Path

import pytest

from exporter.reading import Reader
from tests.browser import CHROMIUM, FLAGS
from tests.exporter.board.emulated import hostile, reader, town
from tests.exporter.serving import served

pytestmark = pytest.mark.system

ARTEFACTS = Path(__file__).parents[3] / "artefacts"


async def opened(
    url: str, width: int, height: int, folder: Path, picture: Path
) -> tuple[list[str], set[str]]:
    """What the console said, and every address that the page asked for, by the browser's own network log."""
    assert CHROMIUM
    net_log = folder / "net.json"
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *FLAGS,
        "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}",
        f"--log-net-log={net_log}",
        f"--window-size={width},{height}",
        f"--screenshot={picture}",
        url,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    console = [line for line in errors.decode().splitlines() if "CONSOLE" in line]
    events = json.loads(net_log.read_text("utf-8"))["events"]
    started = [event["params"] for event in events if "initiator" in event.get("params", {})]
    # What the browser asks for its own sake (updates, sign-in) has no page as its initiator.
    return console, {each["url"] for each in started if each["initiator"] + "/" == url.partition("?")[0]}


@pytest.mark.parametrize(
    ("made", "language", "width", "height"),
    [
        pytest.param(town, "en", 1280, 2000, id="town-en-desk"),
        pytest.param(town, "kk", 390, 3200, id="town-kk-phone"),
        pytest.param(town, "ru", 1280, 2000, id="town-ru-desk"),
        pytest.param(hostile, "ru", 1280, 2000, id="hostile-ru-desk"),
        pytest.param(lambda: reader([]), "en", 390, 1800, id="empty-en-phone"),
    ],
)
async def test_the_page_opens_without_complaint_and_asks_nobody_else(
    made, language: str, width: int, height: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (Debian: chromium)")
    ARTEFACTS.mkdir(exist_ok=True)
    picture = ARTEFACTS / f"live-page-{request.node.callspec.id}.png"
    picture.unlink(missing_ok=True)
    shown: Reader = made()
    async with served(shown) as session:
        async with session.get("/") as answer:
            base = str(answer.url)
        console, asked = await opened(f"{base}?lang={language}", width, height, tmp_path, picture)
    assert console == []
    assert asked == {f"{base}live.css", f"{base}icon.svg"}
    assert picture.stat().st_size > 10_000
