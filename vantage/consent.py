"""What the person agreed to. Nothing is measured before `main` is given; the rest each have their own line.

The record is a small JSON file in the state folder. It names the version of the text that was shown: a new version with
another meaning asks again.
"""

from datetime import datetime
from typing import Final

import msgspec

from measurements.errors import ConfigurationError
from measurements.state import StateError, StateFolder, write_private

# Raise it when the text in `efir.consent_text` promises or warns of something new.
TEXT_VERSION: Final = 3


class NoConsent(ConfigurationError):
    """Nothing may be measured; the text says how to agree."""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One record of consent. `interactive` tells whether a person answered (metered unless they say otherwise)."""

    time: datetime  # UTC
    text_version: int
    interactive: bool
    helper: bool = False  # the helper arm: our own test server
    upload: bool = False  # sending results to the collector of the invite
    live: bool = False  # sending them within ten minutes, in place of hours later
    trace: bool = False  # looking for the hop that interferes


def read_consent(folder: StateFolder) -> Consent | None:
    """The consent on record, or None; one for an older text is none. Raises StateError."""
    try:
        consent = msgspec.json.decode(folder.consent.read_bytes(), type=Consent)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(
            f"{folder.consent} cannot be read ({error.strerror}); use another folder with --state"
        ) from None
    except msgspec.DecodeError:
        raise StateError(
            f"{folder.consent} is damaged, so nothing is measured; answer again: efir consent"
        ) from None
    return consent if consent.text_version == TEXT_VERSION else None


def write_consent(folder: StateFolder, consent: Consent) -> None:
    """Record it. Raises StateError."""
    folder.create()
    write_private(folder.consent, msgspec.json.encode(consent))


def withdraw(folder: StateFolder) -> bool:
    """Forget the consent; True if there was one. Raises StateError."""
    try:
        folder.consent.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StateError(f"{folder.consent} cannot be removed ({error.strerror})") from None
    return True


def require_consent(folder: StateFolder) -> Consent:
    """The consent on record. Raises NoConsent, which says what to do."""
    consent = read_consent(folder)
    if consent is None:
        raise NoConsent(
            "nothing is measured before you agree. Read what is contacted and what the risk is, and answer: "
            "efir consent (without questions, for servers and tests: efir consent --accept)"
        )
    return consent
