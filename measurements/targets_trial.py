"""What a round from a clean line says about the targets file itself. Pure; `efir.trying` takes the round."""

from collections.abc import Iterator, Sequence

import msgspec

from measurements.records import Observation, VerdictLine
from measurements.targets import Endpoint, Expect, Platform, Targets, Transfer
from measurements.targets_check import Finding


def with_objects(targets: Targets) -> Targets:
    """The same targets with each transfer's object or page as an endpoint of its own, so that a round tries it too."""
    platforms = {
        key: msgspec.structs.replace(platform, endpoints=(*platform.endpoints, *_objects(platform)))
        for key, platform in targets.platforms.items()
    }
    return msgspec.structs.replace(targets, platforms=platforms)


def _objects(platform: Platform) -> Iterator[Endpoint]:
    for number, transfer in enumerate(platform.transfers):
        url = transfer.discover.page if transfer.discover else transfer.url
        least = None if transfer.discover else transfer.min_bytes
        yield Endpoint(
            id=f"transfer-{number}",
            url=url,
            probes=("dns", "tcp", "tls", "http"),
            expect=Expect(status=200, min_bytes=least),
        )


def trial_findings(
    targets: Targets, verdicts: Sequence[VerdictLine], observations: Sequence[Observation]
) -> list[Finding]:
    """Entries that did not answer, or not as the file says. The line itself must have been online."""
    return [*_failing(verdicts), *_unexpected(observations), *_silent_controls(targets, observations)]


def _failing(verdicts: Sequence[VerdictLine]) -> Iterator[Finding]:
    for each in verdicts:
        if each.endpoint is not None and each.verdict != "accessible":
            place = f"platforms.{each.platform}.{each.endpoint}"
            yield Finding(level="error", place=place, text=f"{each.verdict}: {each.reason}")


def _unexpected(observations: Sequence[Observation]) -> Iterator[Finding]:
    """Answers that miss `expect`: for a verdict they are answers, for the file they are stale."""
    missed = {
        (each.platform, each.endpoint): each.http.missed
        for each in observations
        if each.http is not None and each.http.expected is False
    }
    for (owner, entry), what in missed.items():
        yield Finding(level="warning", place=f"{owner}.{entry}", text=f"answers, but not as expected: {what}")


def _silent_controls(targets: Targets, observations: Sequence[Observation]) -> Iterator[Finding]:
    working = {each.platform for each in observations if each.tls is not None and each.tls.verified}
    for control in targets.controls:
        if control.id not in working:
            text = "no verified TLS answer from this line"
            yield Finding(level="error", place=f"controls.{control.id}", text=text)


def neutral_pairs(targets: Targets) -> Iterator[tuple[str, Transfer]]:
    """(platform, transfer) for each neutral name."""
    for key, platform in targets.platforms.items():
        yield from ((key, each) for each in platform.transfers if each.neutral_sni)


def address_for(key: str, observations: Sequence[Observation]) -> Observation | None:
    """A TLS observation of the platform that worked: where a neutral name can be tried."""
    worked = (each for each in observations if each.platform == key and each.probe == "tls" and each.address)
    return next((each for each in worked if each.failure is None), None)


def pair_finding(key: str, transfer: Transfer, failure: str | None) -> Iterator[Finding]:
    """A warning if the neutral name's handshake failed on the platform's address."""
    if failure is not None:
        text = f"the neutral name {transfer.neutral_sni} is of no use there: {failure}"
        yield Finding(level="warning", place=f"platforms.{key}.transfer", text=text)
