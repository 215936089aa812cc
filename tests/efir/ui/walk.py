"""A volunteer's way through the page, from consent to wiping, in Chromium; run inside the lab by test_in_a_browser.py.

Usage: python -m tests.efir.ui.walk STATE PICTURES    prints what it saw as JSON
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.browser import Tab, tab

PHONE, DESK = 390, 1100
# Done once a bar stands there: the controls have answered, and the platforms are being asked.
_PROGRESS_SEEN = """new Promise(done => {
  const look = () => document.querySelector("progress") ? done(true) : setTimeout(look, 50);
  look();
})"""


async def walk(state: Path, pictures: Path) -> dict[str, Any]:
    """What was seen on the way."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "efir", "ui", "--no-browser", "--json", "--quiet", "--lang", "en",
        "--state", str(state), "--targets", os.environ["EFIR_LAB_TARGETS"], "--ca-file", os.environ["EFIR_LAB_CA"],
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    address = json.loads(await process.stdout.readline())["address"]
    with tempfile.TemporaryDirectory() as profile:
        async with tab(Path(profile)) as page:
            seen = await _steps(page, address, state, pictures)
            seen |= {"complaints": page.complaints, "asked": sorted(set(page.asked)), "address": address}
    seen["exit"] = await asyncio.wait_for(process.wait(), 30)
    seen["left"] = await asyncio.to_thread(state.exists)
    return seen


async def _steps(page: Tab, address: str, state: Path, pictures: Path) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    async def pictured(name: str) -> None:
        for language in ("ru", "kk"):
            await page.follow(f".languages button[value={language}]")
            for width, kind in ((PHONE, "phone"), (DESK, "desk")):
                await page.size(width)
                seen.setdefault("wide", []).extend(await _too_wide(page, width, f"{name}-{language}"))
                await page.picture(pictures / f"{name}-{language}-{kind}.png")
        await page.follow(".languages button[value=en]")

    await page.open(address)
    seen["first"] = await page.text()
    seen["stored_before_consent"] = await asyncio.to_thread(state.exists)
    await pictured("consent")
    await page.click("[name=control0][value=no]")  # believes to be hidden
    await page.click("[name=control1][value=no]")
    await page.click("[name=agrees][value=yes]")
    await page.follow("form[action=agree] button")
    seen["misunderstood"] = await page.text()
    seen["by_keyboard"] = await _agree_by_keyboard(page)
    seen["settings"] = await page.text()
    await pictured("settings")
    await page.click("[name=metered][value=yes]")
    await page.follow("form[action=line] button")
    await pictured("start")
    await page.follow("form[action=measure] button")
    seen["measuring"] = await page.text()
    # In the page and without asking again: it loads itself anew once the round is over.
    async with page.loading(120):
        await page.evaluate(_PROGRESS_SEEN)
        seen["progress"] = await page.text()
        await page.size(PHONE)
        await page.picture(pictures / "measuring-en-phone.png")
    seen["measured"] = await page.text()
    await pictured("measured")
    await page.follow("nav a[href=results]")
    await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    seen["results"] = await page.text()
    await pictured("results")
    await page.follow("nav a[href=sending]")
    await pictured("sending")
    await page.follow("nav a[href='./']")
    await page.follow("form[action=start] button")
    await page.follow("form[action=pause] button")
    seen["paused"] = await page.text()
    await pictured("paused")
    await page.follow("form[action=stop] button")
    seen["stopped"] = await page.text()
    await page.follow("nav a[href=data]")
    await pictured("data")
    await page.click("form[action=wipe] [name=sure]")
    await page.follow("form[action=wipe] button")
    seen["wiped"] = await page.text()
    await page.picture(pictures / "wiped.png")
    return seen


async def _agree_by_keyboard(page: Tab) -> dict[str, bool]:
    """Tab from the top to each question, the space bar to answer, Enter to send."""
    wanted = {("control0", "yes"), ("control1", "no"), ("agrees", "yes")}
    focus_seen = True
    for _ in range(40):
        await page.key("Tab", 9)
        name, value, kind, outline = await page.evaluate(
            "(e => [e.name || '', e.value || '', e.type || e.tagName, getComputedStyle(e).outlineStyle])"
            "(document.activeElement)"
        )
        focus_seen = focus_seen and outline != "none"
        if kind == "radio" and (name, value) not in wanted:
            await page.key("ArrowDown", 40)  # from yes to no
        elif kind == "radio":
            await page.key(" ", 32, " ")
        elif kind == "submit" and not name:
            async with page.loading():
                await page.key("Enter", 13, "\r")
            break
    return {"agreed": "settings" in await page.evaluate("location.pathname"), "focus_seen": focus_seen}


async def _too_wide(page: Tab, width: int, name: str) -> list[str]:
    """Pages that a person would have to push sideways."""
    needed = await page.evaluate("document.documentElement.scrollWidth")
    return [f"{name}: {needed} of {width}"] if needed > width else []


if __name__ == "__main__":
    print(json.dumps(asyncio.run(walk(Path(sys.argv[1]), Path(sys.argv[2])))))
