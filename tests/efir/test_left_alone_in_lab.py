"""A platform that answers 403: its page is asked for once, and then left alone for a day."""

import subprocess
import sys
from pathlib import Path

import pytest

from measurements.rules.addresses import PAGE_LEFT_ALONE
from measurements.state import StateFolder
from measurements.store import Spool

EFIR = [sys.executable, "-m", "efir"]
STATE = '--quiet --state "$0"'
WORLD = "--targets $EFIR_LAB_TARGETS --ca-file $EFIR_LAB_CA"
ROUND = f"{sys.executable} -m efir run --once --platform facebook {STATE} {WORLD}"


@pytest.mark.lab
def test_a_page_that_was_refused_is_not_asked_for_again(require_lab: None, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)  # the lab's programs run as an ordinary user
    for folder in (tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    state = tmp_path / "state"
    both = f"{sys.executable} -m efir consent --accept {STATE} && {ROUND} && {ROUND}"
    subprocess.run([*EFIR, "lab", "run", "innocent-captcha", "--", "sh", "-c", both, str(state)], check=True)
    with Spool(StateFolder(state).spool) as spool:
        targets = spool.observations(platform="facebook")
        verdicts = [line.verdict for line in spool.verdicts() if line.endpoint is None]
    first, second = dict.fromkeys(row.run_id for row in targets)
    refused = {row.run_id for row in targets if row.http is not None and row.http.status == 403}
    told = {row.run_id for row in targets if PAGE_LEFT_ALONE in row.flags}
    assert (refused, told) == ({first}, {second})
    assert set(verdicts) == {"accessible"}
