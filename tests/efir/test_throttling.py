import asyncio
from pathlib import Path

from efir.exits import Exit
from efir.options import Shared
from efir.output import Output
from efir.throttling import Throttled, measure_throttling
from measurements.database import IN_MEMORY
from measurements.store import Spool
from measurements.targets import Control, Platform, Targets
from probes.sessions.plan import plan_for

TARGETS = Targets(
    version=1,
    platforms={"youtube": Platform(name="YouTube", endpoints=())},
    controls=(
        Control(id="wiki", name="Wiki", scope="foreign", url="https://127.0.0.1:9/", probes=("tcp", "tls")),
    ),
)


async def stopped_at_once(state: Path) -> Throttled:
    shared = Shared(None, state, None, Output(quiet=True))
    with Spool(IN_MEMORY) as spool:
        work = asyncio.create_task(
            measure_throttling(
                shared, TARGETS, ["youtube"], plan_for(False), spool, False, lambda progress: None, "unknown"
            )
        )
        await asyncio.sleep(0)  # the check of the line has begun
        work.cancel()
        return await work


async def test_a_stopped_session_still_gives_its_lines_and_ends_as_interrupted(tmp_path):
    found = await stopped_at_once(tmp_path)
    assert found.exit is Exit.INTERRUPTED
    assert [(line.platform, line.verdict, line.reason) for line in found.lines] == [
        ("youtube", "inconclusive", "interrupted")
    ]
