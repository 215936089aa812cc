"""Which targets a volunteer probes: the file asked for, else the newer of the packaged and the updated one."""

from collections.abc import Sequence
from pathlib import Path

from efir.exits import EfirError
from efir.i18n import _
from efir.options import Shared
from measurements.signed import SignatureError, release_keys, verify
from measurements.state import StateFolder, write_private
from measurements.targets import Targets
from measurements.targets_file import load_targets, parse_targets


def targets_in_use(shared: Shared, keys: Sequence[str] | None = None) -> Targets:
    """Load them. An updated file whose signature no longer holds is refused, not passed over. Raises TargetsError."""
    folder = StateFolder(shared.state)
    packaged = load_targets(shared.targets)
    if shared.targets is not None or not folder.targets.exists():
        return packaged
    updated = _signed(folder.targets, folder.targets_signature, release_keys() if keys is None else keys)
    return updated if _age(updated) > _age(packaged) else packaged


def update(shared: Shared, file: Path, signature: Path, keys: Sequence[str] | None = None) -> Targets:
    """Take a signed, newer file into the state folder. Raises EfirError, TargetsError, StateError."""
    allowed = release_keys() if keys is None else keys
    new, current = _signed(file, signature, allowed), targets_in_use(shared, allowed)
    if _age(new) <= _age(current):
        raise EfirError(
            _("{file} is of {new}, not newer than what is in use ({current}); nothing was changed").format(
                file=file, new=_age(new) or "?", current=_age(current) or "?"
            )
        )
    folder = StateFolder(shared.state)
    folder.create()
    # The signature first: a crash between the two leaves a pair that is refused, never an unsigned file in use.
    write_private(folder.targets_signature, signature.read_bytes())
    write_private(folder.targets, file.read_bytes())
    return new


def _signed(file: Path, signature: Path, keys: Sequence[str]) -> Targets:
    try:
        content = file.read_bytes()
        verify(content, signature.read_bytes(), keys)
    except FileNotFoundError as error:
        raise EfirError(
            _("{file} is missing: a targets file counts only with its signature").format(file=error.filename)
        ) from None
    except OSError as error:
        raise EfirError(f"{file}: {error.strerror}") from None
    except SignatureError as error:
        raise EfirError(_("{file} is refused: {reason}").format(file=file, reason=error)) from None
    return parse_targets(content.decode("utf-8", errors="replace"), str(file), received=True)


def _age(targets: Targets) -> str:
    """Day of the file; ISO dates sort as text, and a file without one is the oldest."""
    return targets.updated or ""
