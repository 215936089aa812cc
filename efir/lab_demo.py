"""`efir lab demo`: what is done to a line, and what Efir says of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from efir.i18n import _
from efir.options import Shared

if TYPE_CHECKING:
    from lab.scenario import Scenario
    from measurements.targets import Targets


@dataclass(frozen=True)
class Scene:
    """A scenario, what to tell about it, and the `efir` command that looks at it."""

    scenario: str
    text: str
    command: tuple[str, ...] = ("run", "--once")


# Short flows and no pauses, so that a session ends in a minute; the decision is the same (DESIGN section 9).
_THROTTLE = ("throttle", "youtube", "--pair-interval", "0", "--flow-seconds", "3", "--flow-bytes", "131072")

SCENES = (
    Scene("open", "An open network: nothing stands in the way, and everything should be accessible."),
    Scene(
        "tls-reset",
        "A block: a box on the way reads Facebook's name in the first bytes of a connection and cuts it off.",
    ),
    Scene(
        "kz-2019-interception",
        "An interception: another server answers in the platform's name, with a certificate of a state's own. Efir "
        "sends nothing after such a handshake.",
    ),
    Scene(
        "throttle-police-sni",
        "A slowed platform: YouTube works, at 150 kbit/s on a line of 20 Mbit/s. Efir fetches the same bytes by turns "
        "under YouTube's name and under another one, and compares.",
        _THROTTLE,
    ),
)


def play(shared: Shared, scene: Scene, scenario: "Scenario", targets: "Targets", options: list[str]) -> int:
    """Tell the scene, run its command inside, and give the command's exit code."""
    from lab.running import running

    shared.out.text()
    shared.out.console.rule(_(scenario.title), align="left")
    shared.out.text(_(scene.text))
    shared.out.text("$ efir " + " ".join(scene.command))
    with running(scenario, targets) as lab:
        return lab.session.run(lab.efir(*scene.command, *options), env=lab.environment).returncode
