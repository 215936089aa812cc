"""`efir`: the table of commands. Each is loaded only when it is called, so that `--help` answers at once."""

import importlib
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

import click

# name -> (module, one line for --help). A new command of the volunteer's is one file and one line here.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("efir.commands.run", "Measure the platforms and say what was found."),
    "ui": (
        "efir.commands.ui",
        "Open a page in the browser: everything a volunteer needs, without a terminal.",
    ),
    "explain": ("efir.commands.explain", "Show why a verdict is what it is, with each observation."),
    "results": ("efir.commands.results", "Show stored verdicts."),
    "status": ("efir.commands.status", "Show what is stored, the last round, and what you agreed to."),
    "doctor": ("efir.commands.doctor", "Check whether this device is fit to measure, and how to mend it."),
    "consent": ("efir.commands.consent", "Read what is measured and who can see it; agree or not."),
    "wipe": ("efir.commands.wipe", "Remove everything Efir keeps on this device."),
    "invite": ("efir.commands.invite", "Take the operator's invite: where results may go."),
    "upload": ("efir.commands.upload", "Send the results that wait, show them first, or take them back."),
    "bundle": ("efir.commands.bundle", "Write the results that wait, sealed, to a file to carry by hand."),
    "service": ("efir.commands.service", "Let the system run efir by itself, or stop that."),
    "targets": ("efir.commands.targets", "List what is probed, or check the list."),
    "throttle": ("efir.commands.throttle", "Find out whether a platform is slowed down here."),
    "trace": ("efir.commands.trace", "Find the hop that interferes; needs its own consent."),
}
# The rest of the table lies apart: the volunteer's wheel has none of it (docs/install.md).
with suppress(ModuleNotFoundError):
    COMMANDS |= importlib.import_module("efir.more_commands").COMMANDS


class LazyGroup(click.Group):
    """Lists commands from the table and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = importlib.import_module(entry[0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean '{near[0]}'?", ctx) from error


def _show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from efir.about import version

        click.echo(f"efir, version {version()}")
        context.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version.",
)
def command() -> None:
    """Efir measures whether a platform is blocked, intercepted or slowed on your line.

    Nothing is measured before you agree: see `efir consent`.
    """


def main(argv: list[str] | None = None) -> Any:
    """Entry point; returns the exit code of DESIGN section 9 through `sys.exit`."""
    from efir.exits import run_command

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a letter that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run_command(command, argv))
