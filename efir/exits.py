"""Exit codes, and errors that speak to a person."""

import errno
import os
import sys
from enum import IntEnum
from typing import Final

import click

from efir.i18n import _
from measurements.errors import ConfigurationError
from measurements.visible import visible_lines


class Exit(IntEnum):
    """Exit codes of all commands. Finding censorship is a result, not an error."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    CONFIGURATION = 3  # configuration, or no consent
    OFFLINE = 4
    PARTIAL = 5
    UPLOAD_PENDING = 6
    INTERRUPTED = 130


# Modules of the extras in pyproject.toml, whose packages a plain installation lacks -> the extra. What two extras have
# stands under the one with more commands.
EXTRAS: Final = {
    "dateutil": "analysis",
    "duckdb": "analysis",
    "icalendar": "analysis",
    "jinja2": "analysis",
    "numpy": "analysis",
    "pyarrow": "analysis",
    "resvg_py": "analysis",
    "scipy": "analysis",
    "maxminddb": "operator",
    "prometheus_client": "operator",
}


class EfirError(Exception):
    """What went wrong, where, and what to do; shown without a traceback."""

    def __init__(self, message: str, exit_code: Exit = Exit.CONFIGURATION) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run_command(command: click.Command, argv: list[str] | None = None) -> int:
    """Run `command` and give its exit code; a command returns an `Exit`, or None for OK."""
    try:
        result = command.main(args=argv, standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as error:
        error.show()
        return Exit.USAGE
    except click.ClickException as error:
        error.show()
        return Exit.CONFIGURATION
    except EfirError as error:
        _say(str(error))
        return error.exit_code
    except ConfigurationError as error:
        _say(str(error))
        return Exit.CONFIGURATION
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in EXTRAS:
            raise
        _say(
            _(
                "this needs the Python package {module}; in the folder of Efir's source: pip install '.[{extra}]'"
            ).format(module=module, extra=EXTRAS[module])
        )
        return Exit.CONFIGURATION
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted")
        return Exit.INTERRUPTED
    except SystemExit:
        # What click and rich make of a broken pipe: the reader (head, less) has gone; all is well.
        _write_no_more()
        return Exit.OK
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _write_no_more()
        _say(f"cannot write the output, or a file: {error.strerror}; free some space and run again")
        return Exit.CONFIGURATION
    return int(result) if isinstance(result, int) else Exit.OK


def _write_no_more() -> None:
    """What Python still holds for standard output would be an error once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _say(text: str) -> None:
    sys.stderr.write(f"efir: {visible_lines(text)}\n")
