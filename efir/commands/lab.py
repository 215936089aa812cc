"""`efir lab`: the emulated Internet."""

import os
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options

if TYPE_CHECKING:
    from lab.matrix import Result
    from lab.scenario import Scenario
    from measurements.targets import Targets

T = TypeVar("T")


@click.group()
def command() -> None:
    """Run scenarios in the emulated Internet: no root, no network, nothing left behind."""


def _files() -> dict[str, Path]:
    from lab.scenario_file import packaged

    return packaged()


def _find(name: str) -> Path:
    """A shipped scenario by name, or a file of one's own. Raises click.UsageError with the nearest name."""
    files = _files()
    if name in files:
        return files[name]
    if name.endswith((".yaml", ".yml")) and Path(name).is_file():
        return Path(name)
    near = get_close_matches(name, files, n=1)
    hint = _("Did you mean '{near}'?").format(near=near[0]) if near else _("See: efir lab list")
    raise click.UsageError(_("No scenario '{name}'. {hint}").format(name=name, hint=hint))


def _load(name: str, shared: Shared) -> "tuple[Scenario, Targets]":
    from lab.scenario_file import load
    from measurements.targets_file import load_targets

    targets = load_targets(shared.targets)
    return _speaking(lambda: load(_find(name), targets)), targets


def _speaking(work: Callable[[], T]) -> T:
    """What the lab refuses, as an error for people."""
    from lab.availability import LabUnavailable
    from lab.session import LabError
    from lab.yaml_types import ScenarioError

    try:
        return work()
    except ScenarioError as error:
        raise EfirError(str(error), Exit.CONFIGURATION) from error
    except (LabUnavailable, LabError) as error:
        raise EfirError(str(error), Exit.CONFIGURATION) from error


@command.command("list")
@shared_options
def list_(shared: Shared) -> None:
    """One line for each scenario."""
    from lab.scenario_file import load
    from measurements.targets_file import load_targets

    targets = load_targets(shared.targets)
    for name, file in _files().items():
        scenario = _speaking(partial(load, file, targets))
        judged = [
            word for word, on in (("run", _by_run(scenario)), ("throttle", scenario.expect.throttle)) if on
        ]
        shared.out.line(
            {
                "type": "scenario",
                "scenario": name,
                "title": scenario.title,
                "story": scenario.story or None,
                "judged_by": judged,
            }
        )
        if not shared.out.as_json:
            shared.out.console.print(f"{name:32} {scenario.title}", markup=False, soft_wrap=True)


def _by_run(scenario: "Scenario") -> bool:
    return bool(scenario.expect.platforms)


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("program", nargs=-1, type=click.UNPROCESSED)
@click.option("--acts", is_flag=True, help="Afterwards, print what the censor did, one line a flow.")
@click.option(
    "--pcap",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every packet into this file, as Wireshark reads it.",
)
@shared_options
def run(shared: Shared, name: str, program: tuple[str, ...], acts: bool, pcap: Path | None) -> int:
    """Run a program inside scenario NAME; by default one round of `efir run`.

    NAME may be a file of your own. curl and dig work as on a real line:
    efir lab run tls-reset -- curl https://www.facebook.com/
    """
    scenario, targets = _load(name, shared)

    def inside() -> int:
        from lab.running import accompany, running

        with running(scenario, targets) as lab, lab.session.capturing(pcap) if pcap else nullcontext():
            accompany(lab, scenario)
            argv = program or lab.efir("run", "--once", *_own_options(shared))
            code = lab.session.run(argv, env=lab.environment).returncode
            for act in lab.session.acts() if acts else ():
                shared.out.line(act)
                shared.out.text(_act(act))
            if not program:
                shared.out.text(_gone())
            return code

    return _speaking(inside)


def _gone() -> str:
    """Said after what Efir prints inside, which names `efir explain`."""
    return _(
        "What was stored inside is gone with the lab; to look at it with efir explain: efir lab shell NAME"
    )


def _own_options(shared: Shared) -> list[str]:
    """The caller's options of output, for the command inside."""
    out = shared.out
    flags = (("--json", out.as_json), ("--quiet", out.quiet), ("--no-color", not out.color))
    return [flag for flag, on in flags if on]


def _act(act: dict[str, Any]) -> str:
    return _("{rule} ({action}) at hop {hop}: {name} at {server}, {packets} packets").format(
        **{**act, "name": act["name"] or "-"}
    )


@command.command()
@click.argument("name")
@shared_options
def shell(shared: Shared, name: str) -> int:
    """Open a shell inside scenario NAME; leave it with `exit`."""
    scenario, targets = _load(name, shared)

    def inside() -> int:
        from lab.running import accompany, running

        with running(scenario, targets) as lab:
            accompany(lab, scenario)
            shared.out.text(
                _("{title}. Try: efir run --once --targets $EFIR_LAB_TARGETS --ca-file $EFIR_LAB_CA").format(
                    title=scenario.title
                )
            )
            program = [os.environ.get("SHELL", "/bin/sh")]
            return lab.session.popen(program, env=lab.environment, foreground=os.isatty(0)).wait()

    return _speaking(inside)


@command.command()
@click.option("--only", default="*", help="Only scenarios whose names fit this pattern, such as 'dns-*'.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: 2 * (os.cpu_count() or 1),
    help="Scenarios at once; default: two for each processor, since most of a round is waiting.",
)
@click.option("--seed", type=int, help="Of everything random on the path; default: each scenario's own.")
@click.option("--throttle", is_flag=True, help="Judge slowness too; takes minutes for each scenario.")
@shared_options
def matrix(shared: Shared, only: str, jobs: int, seed: int | None, throttle: bool) -> Exit:
    """Run every scenario and compare what the tool says with what is true.

    Ends with 0 if all is right, with 1 otherwise.
    """
    from efir.show.lab import show_results
    from lab.matrix import run_all, tally
    from measurements.targets_file import load_targets

    files = {name: file for name, file in _files().items() if fnmatchcase(name, only)}
    if not files:
        raise click.UsageError(_("No scenario fits '{pattern}'.").format(pattern=only))
    targets = load_targets(shared.targets)
    start = monotonic()

    def work() -> "list[Result]":
        results = run_all(files, targets, jobs=jobs, seed=seed, throttle=throttle)
        return _collected(shared, results, len(files))

    results = _speaking(work)
    total = tally(results, monotonic() - start)
    shared.out.line(total)
    show_results(shared.out, results, total)
    return Exit.OK if total.clean else Exit.INTERNAL


def _collected(shared: Shared, results: "Iterable[Result]", count: int) -> "list[Result]":
    """Print each result's line as it comes, and draw the bar."""
    from rich.progress import Progress

    found = []
    with Progress(console=shared.out.console, disable=not shared.out.interactive, transient=True) as bar:
        task = bar.add_task(_("Scenarios"), total=count)
        for result in results:
            shared.out.line(result)
            found.append(result)
            bar.advance(task)
    return found


@command.command()
@shared_options
def demo(shared: Shared) -> Exit:
    """Three minutes: an open network, a block, an interception and a slowed platform, and what Efir says of each."""
    from efir.lab_demo import SCENES, play

    codes = []
    for scene in SCENES:
        scenario, targets = _load(scene.scenario, shared)
        codes.append(_speaking(partial(play, shared, scene, scenario, targets, _own_options(shared))))
    shared.out.text()
    shared.out.text(_gone())
    return Exit.OK if not any(codes) else Exit.INTERNAL
