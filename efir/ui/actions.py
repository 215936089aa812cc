"""What the page's forms do: the same as the commands, by the same functions."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from aiohttp.web import FileField
from msgspec import structs

from efir import consent_text
from efir.consenting import answered, lines_agreed, record
from efir.exits import EfirError
from efir.forgetting import all_files, files_of_results, forget, still_there
from efir.i18n import LANGUAGES, _, set_language
from efir.system_service import put_in_place, take_away
from efir.ui.pages.home import EVERY
from efir.ui.pages.layout import titles
from efir.ui.site import Site
from efir.uploading import (
    PROXY,
    keep_invite,
    kept_words,
    require_invite,
    require_upload,
    send_now,
    sent_words,
    withdraw,
    withdrawn_words,
)
from measurements.invite import parse_invite
from vantage.consent import withdraw as take_consent_back
from vantage.line import Stated, read_stated, write_stated

T = TypeVar("T")
Form = Mapping[str, str | bytes | bytearray | FileField]


@dataclass(frozen=True)
class Action:
    """`run` does it and gives the page to go to; what it has to say it tells the site."""

    run: Callable[[Site, Form], Awaitable[str]]
    page: str  # where the person goes if it fails
    consent: bool = True  # without consent on record it is refused


async def _agree(site: Site, form: Form) -> str:
    questions = range(len(consent_text.control_questions()))
    control = [_answer(form, f"control{number}") for number in questions]
    answered(site.shared, control, _answer(form, "agrees"), _lines(form))
    return "settings" if read_stated(site.folder) is None else "./"


async def _unagree(site: Site, form: Form) -> str:
    try:
        take_consent_back(site.folder)
    finally:  # the will counts, even where the record of the consent cannot be removed
        await site.work.stop()
    site.tell(_("Your consent is taken back."))
    return "consent"


async def _keep_lines(site: Site, form: Form) -> str:
    record(site.shared, interactive=True, agreed=lines_agreed(_lines(form)))
    site.tell(_("Saved."))
    return "settings"


async def _keep_line(site: Site, form: Form) -> str:
    yes_no: Mapping[str, bool | None] = {"yes": True, "no": False, "unknown": None}
    said = {name: _one_of(form, name, yes_no) for name in ("metered", "tethered", "vpn")}
    plan = _one_of(form, "plan", {each: each for each in ("plain", "bundled", "unknown")})
    access = _one_of(
        form, "access", {"fixed": "fixed", "mobile": "mobile", "other": "other", "unknown": None}
    )
    stated = structs.replace(Stated(), plan=plan, access=access, **said)
    write_stated(site.folder, stated)
    site.tell(_("Saved."))
    return "./"


async def _measure(site: Site, form: Form) -> str:
    site.work.start("round")
    return "./"


async def _start(site: Site, form: Form) -> str:
    site.folder.paused.unlink(missing_ok=True)
    site.work.start("cadence")
    return "./"


async def _compare(site: Site, form: Form) -> str:
    wanted = form.get("platform")
    platforms = tuple(name for name in site.names if wanted in (name, EVERY))
    if not platforms:
        raise EfirError(_("There is no such platform."))
    site.work.start("session", platforms, longer="longer" in form)
    return "./"


async def _pause(site: Site, form: Form) -> str:
    site.folder.create()
    site.folder.paused.touch(mode=0o600)
    return "./"


async def _resume(site: Site, form: Form) -> str:
    site.folder.paused.unlink(missing_ok=True)
    return "./"


async def _stop(site: Site, form: Form) -> str:
    await site.work.stop()
    return "./"


async def _install(site: Site, form: Form) -> str:
    made = await asyncio.to_thread(put_in_place, site.shared)
    site.tell(_("Installed: {path}. To stop it for good: efir service remove").format(path=made.path))
    return "settings"


async def _uninstall(site: Site, form: Form) -> str:
    done = await asyncio.to_thread(take_away, site.shared)
    site.tell(_("The service is removed.") if done else _("No service is installed."))
    return "settings"


async def _invite(site: Site, form: Form) -> str:
    field = form.get("file")
    if not isinstance(field, FileField):
        raise EfirError(_("No file was chosen."))
    invite = parse_invite(field.file.read(), field.filename)
    keep_invite(site.shared, invite)
    site.tell(kept_words(invite))
    return "sending"


async def _send(site: Site, form: Form) -> str:
    _consent, invite = require_upload(site.shared)
    with site.stored() as spool:
        if spool is not None:
            sent = await send_now(site.shared, invite, spool, os.environ.get(PROXY), time.time)
            site.tell(*sent_words(sent), failed=bool(sent.problem))
    return "sending"


async def _unsend(site: Site, form: Form) -> str:
    reply = await withdraw(site.shared, require_invite(site.shared), os.environ.get(PROXY))
    site.tell(*withdrawn_words(reply), failed=reply.answer is None)
    return "sending"


async def _delete(site: Site, form: Form) -> str:
    _sure(form)
    await site.work.stop()
    done = forget(site.folder, files_of_results(site.folder))
    if done.failed:
        raise EfirError(still_there(done.failed))
    site.tell(_("The results are deleted."))
    return "data"


async def _language(site: Site, form: Form) -> str:
    to, back = str(form.get("to", "")), str(form.get("back", ""))
    if to in LANGUAGES:
        set_language(to)
    return back if back in titles() else "./"


async def wipe(site: Site, form: Form) -> list[str]:
    """Remove everything; gives what to say. Raises EfirError where files stay."""
    _sure(form)
    await site.work.stop()
    if "service" in form:
        await asyncio.to_thread(take_away, site.shared)
    done = forget(site.folder, all_files(site.folder))
    if done.failed:
        raise EfirError(still_there(done.failed))
    return done.sentences(site.folder)


# Path of a form -> what it does. `wipe` and `quit` end the program and stand in `efir.ui.server`.
ACTIONS: Final[Mapping[str, Action]] = {
    "agree": Action(_agree, "consent", consent=False),
    "unagree": Action(_unagree, "settings", consent=False),
    "lines": Action(_keep_lines, "settings"),
    "line": Action(_keep_line, "settings"),
    "measure": Action(_measure, "./"),
    "start": Action(_start, "./"),
    "compare": Action(_compare, "./"),
    "pause": Action(_pause, "./"),
    "resume": Action(_resume, "./"),
    "stop": Action(_stop, "./", consent=False),
    "install": Action(_install, "settings"),
    "uninstall": Action(_uninstall, "settings", consent=False),
    "invite": Action(_invite, "sending"),
    "send": Action(_send, "sending"),
    "unsend": Action(_unsend, "sending"),
    "delete": Action(_delete, "data", consent=False),
    "language": Action(_language, "./", consent=False),
}


def _answer(form: Form, name: str) -> bool:
    """A yes or no that must be given: silence is no answer."""
    return _one_of(form, name, {"yes": True, "no": False})


def _one_of(form: Form, name: str, meanings: Mapping[str, T]) -> T:
    said = form.get(name)
    if not isinstance(said, str) or said not in meanings:
        raise EfirError(_("A question was left without an answer; nothing was recorded."))
    return meanings[said]


def _lines(form: Form) -> dict[str, bool]:
    return {name: name in form for name in consent_text.lines()}


def _sure(form: Form) -> None:
    if "sure" not in form:
        raise EfirError(_("Nothing was removed."))
