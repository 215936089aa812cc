"""The spool on disk is unreadable without its key; a plain one becomes so, whenever the program is killed meanwhile."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from measurements import sqlcipher
from measurements.records import Observation
from measurements.spool_file import connect, content
from measurements.spool_key import VARIABLE
from measurements.state import StateError
from measurements.store import Spool
from measurements.store_errors import StoreError
from measurements.store_read import stored_observations
from measurements.store_schema import STEPS
from tests.records import observation

ROOT = Path(__file__).parents[2]
MARK = "a-word-to-look-for"

pytestmark = pytest.mark.skipif(not sqlcipher.AVAILABLE, reason="no SQLCipher for this system")


def row(number: int) -> Observation:
    return observation(id=f"o-{number:06}", host=MARK)


@pytest.fixture(autouse=True)
def _no_key_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """An encrypted spool with ten rows."""
    path = tmp_path / "state" / "spool.sqlite3"
    with Spool(path) as opened:
        opened.add(row(number) for number in range(10))
    return path


@pytest.fixture
def without_sqlcipher(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """As on a system that it does not exist for."""
    with monkeypatch.context() as patch:
        patch.setattr(sqlcipher, "AVAILABLE", False)
        patch.setattr(sqlcipher, "_engine", sqlite3)
        yield patch


@pytest.fixture
def plain(tmp_path: Path, without_sqlcipher: pytest.MonkeyPatch) -> Path:
    """A plain spool with ten rows, as an Efir without SQLCipher leaves it."""
    path = tmp_path / "plain" / "spool.sqlite3"
    with Spool(path) as opened:
        opened.add(row(number) for number in range(10))
        opened.set_meta("small", 1)
    without_sqlcipher.undo()
    return path


def stored(path: Path) -> list[str]:
    with Spool(path) as opened:
        return [each.id for each in opened.observations()]


def test_no_file_in_the_folder_shows_what_is_stored_also_while_it_is_written(tmp_path: Path) -> None:
    with Spool(tmp_path / "state" / "spool.sqlite3") as opened:
        opened.add(row(number) for number in range(100))
        on_disk = {each.name: each.read_bytes() for each in (tmp_path / "state").iterdir()}
    assert {"spool.sqlite3", "spool.sqlite3-wal", "spool.key"} <= on_disk.keys()
    for readable in (MARK.encode(), b"youtube", b"CREATE TABLE", b"SQLite format"):
        assert not [name for name, held in on_disk.items() if readable in held]


def test_a_reader_beside_the_writer_sees_what_is_stored(spool: Path) -> None:
    with Spool(spool):
        assert len(list(stored_observations(spool))) == 10


@pytest.mark.parametrize(
    "opening", [Spool, lambda path: list(stored_observations(path))], ids=["write", "read"]
)
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda key: key.unlink(), r"its key .*spool\.key is not here\. Put the key back, .* EFIR_KEY_FILE"),
        (
            lambda key: key.write_text("ab" * 32),
            "does not open with the key .*another spool's.* Put the right key",
        ),
        (lambda key: key.write_text("ab" * 31), r"holds no key \(64 hex digits\)"),
        (lambda key: key.write_bytes(b""), r"holds no key \(64 hex digits\)"),
        (lambda key: (key.unlink(), key.mkdir()), "cannot be read"),
        (lambda key: (key.unlink(), os.mkfifo(key)), "no ordinary file"),
    ],
    ids=["the key is gone", "another key", "half a key", "an empty file", "a folder in its place", "a pipe"],
)
def test_without_its_key_a_spool_says_what_to_do_and_stays_as_it_is(
    spool: Path, damage: object, message: str, opening: object
) -> None:
    before = spool.read_bytes()
    damage(spool.with_name("spool.key"))  # type: ignore[operator] # a table of cases
    with pytest.raises(StoreError, match=message):
        opening(spool)  # type: ignore[operator] # a table of cases
    assert spool.read_bytes() == before


def test_a_useless_key_where_nothing_is_stored_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "spool.key").touch()
    with pytest.raises(StoreError, match="nothing is stored yet; move that file away"):
        Spool(tmp_path / "spool.sqlite3")


def test_an_empty_file_is_read_as_one_that_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "spool.sqlite3").touch()
    with pytest.raises(StoreError, match="nothing is stored in it"):
        list(stored_observations(tmp_path / "spool.sqlite3"))


def test_a_damaged_first_page_is_not_taken_for_an_empty_spool(spool: Path) -> None:
    damaged = bytearray(spool.read_bytes())
    damaged[200] ^= 1
    spool.write_bytes(damaged)
    with pytest.raises(StoreError, match="or the file is damaged"):
        Spool(spool)
    assert spool.read_bytes() == damaged


def test_nothing_of_sqlciphers_own_log_reaches_the_terminal(
    spool: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    spool.with_name("spool.key").write_text("ab" * 32)
    with pytest.raises(StoreError):
        Spool(spool)
    assert capfd.readouterr().err == ""


def test_the_key_may_lie_elsewhere_and_is_needed_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    monkeypatch.setenv(VARIABLE, str(stick / "efir.key"))
    path = tmp_path / "state" / "spool.sqlite3"
    with Spool(path) as opened:
        opened.add([row(1)])
    assert not (tmp_path / "state" / "spool.key").exists()
    assert (stick / "efir.key").stat().st_mode & 0o777 == 0o600
    shutil.move(stick, tmp_path / "pulled out")
    with pytest.raises(StoreError, match="is not here"):
        Spool(path)
    shutil.move(tmp_path / "pulled out", stick)
    assert stored(path) == ["o-000001"]


def test_a_place_for_the_key_that_is_not_there_is_named_before_anything_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "no stick" / "efir.key"))
    with pytest.raises(StateError, match=r"no stick/efir\.key cannot be written"):
        Spool(tmp_path / "state" / "spool.sqlite3")
    assert not (tmp_path / "state" / "spool.sqlite3").exists()


def test_an_encrypted_spool_names_the_package_that_a_plain_installation_lacks(
    spool: Path, without_sqlcipher: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match="sqlcipher3 is missing"):
        Spool(spool)


READS_WHERE_NOTHING_CAN_BE_WRITTEN = """
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" -c "
from pathlib import Path
from measurements.store import Spool
from measurements.store_errors import StoreError
with Spool(Path('$1') / 'spool.sqlite3') as spool:
    print(len(spool.observations()))
    try:
        spool.set_meta('a', 1)
    except StoreError as error:
        print(error)
"
"""


@pytest.mark.lab
@pytest.mark.usefixtures("require_lab")
def test_on_a_read_only_medium_a_spool_is_read_and_not_written(spool: Path) -> None:
    shell = ["sh", "-c", READS_WHERE_NOTHING_CAN_BE_WRITTEN, "sh", str(spool.parent), sys.executable]
    done = subprocess.run(["unshare", "-rm", *shell], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("10\n")
    assert "cannot be written" in done.stdout


# Taking a plain spool over -----------------------------------------------------------------------------------------


def tables(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    with closing(connection):
        return connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()


def test_a_plain_spool_is_encrypted_whole_when_it_is_next_opened(plain: Path) -> None:
    assert MARK.encode() in plain.read_bytes()
    before = tables(connect(plain, "ro"))
    with Spool(plain) as opened:
        assert opened.observations() == [row(number) for number in range(10)]
        assert opened.meta("small") == 1
    left = list(plain.parent.iterdir())
    assert {each.name for each in left} == {"spool.sqlite3", "spool.key", "spool.sqlite3.lock"}
    assert {each.stat().st_mode & 0o777 for each in left} == {0o600}
    assert content(plain) == "encrypted"
    assert not [each for each in left if MARK.encode() in each.read_bytes()]
    assert tables(connect(plain, "ro")) == before


def test_a_plain_spool_is_read_as_it_is_until_then(plain: Path) -> None:
    assert len(list(stored_observations(plain))) == 10
    assert content(plain) == "plain"


HOLDS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM observations").fetchall()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_plain_spool_that_another_program_uses_stays_plain_and_is_named(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlcipher, "BUSY_SECONDS", 0.05)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(plain)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="another program keeps it locked"):
            Spool(plain)
        assert content(plain) == "plain"
        other.communicate("")
    assert len(stored(plain)) == 10


def test_a_plain_spool_of_a_newer_efir_is_left_alone(plain: Path) -> None:
    with closing(sqlite3.connect(plain)) as connection:
        connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    with pytest.raises(StoreError, match="newer Efir"):
        Spool(plain)
    assert content(plain) == "plain"


# Kills a child at each line of our own code in turn, then while SQLite copies, and counts what the next opening finds.
KILLS = """
import os, shutil, signal, sys
from contextlib import closing
from itertools import count
from pathlib import Path
from measurements import spool_file, spool_key, state

original, folder = Path(sys.argv[1]), Path(sys.argv[2])
spool = folder / "spool.sqlite3"
FILES = {module.__file__ for module in (spool_file, spool_key, state)}
copy = spool_file._copy

def killing(number):
    left = [number]
    def step(*_):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
    return step

def at_line(number):
    step = killing(number)
    def trace(frame, event, argument):
        if event == "line":
            step()
        return trace if frame.f_code.co_filename in FILES else None
    sys.settrace(trace)

def while_copying(number):
    def watched(plain, *others):
        plain.set_progress_handler(killing(number), 20)  # SQLite's instructions
        copy(plain, *others)
    spool_file._copy = watched

def survives(arm, number):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original, folder)
    child = os.fork()
    if not child:
        arm(number)
        spool_file.prepare(spool)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFEXITED(status) or os.WTERMSIG(status) == signal.SIGKILL, status
    spool_file.prepare(spool)
    assert spool_file.content(spool) == "encrypted"
    with closing(spool_file.connect(spool)) as connection:
        found = connection.execute("SELECT count(*) FROM observations").fetchone()
    assert found == (200,), (arm.__name__, number, found)
    assert not spool.with_name("spool.sqlite3.new").exists()
    return status == 0

print(*(next(n for n in count() if survives(arm, step(n))) for arm, step in (
    (at_line, lambda n: n + 1), (while_copying, lambda n: 2**n))))
"""


def test_a_kill_at_any_moment_of_the_change_loses_nothing(
    tmp_path: Path, without_sqlcipher: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plain" / "spool.sqlite3"
    with Spool(path) as opened:
        opened.add(row(number) for number in range(200))
        shutil.copytree(path.parent, tmp_path / "killed")  # with the log that a kill leaves
    without_sqlcipher.undo()
    done = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path / "killed"), str(tmp_path / "state")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines, moments = map(int, done.stdout.split())
    assert lines > 30, "our own lines were killed in one after the other"
    assert moments > 3, "and SQLite in the midst of copying"


TOGETHER = """
import sys
from pathlib import Path
from measurements.store import Spool
sys.stdin.readline()
with Spool(Path(sys.argv[1])) as spool:
    spool.set_meta(sys.argv[2], 1)
"""


@pytest.mark.parametrize("start", ["plain", "nothing"])
def test_programs_that_start_at_once_share_one_key_and_lose_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, start: str
) -> None:
    path = request.getfixturevalue("plain") if start == "plain" else tmp_path / "state" / "spool.sqlite3"
    command = [sys.executable, "-c", TOGETHER, str(path)]
    programs = [
        subprocess.Popen([*command, f"program {number}"], cwd=ROOT, stdin=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    for each in programs:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.close()
    assert [each.wait() for each in programs] == [0] * 4
    with Spool(path) as opened:
        assert [opened.meta(f"program {number}") for number in range(4)] == [1] * 4
        assert len(opened.observations()) == (10 if start == "plain" else 0)
