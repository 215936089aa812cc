"""A throttling session for people: while it runs, and what it found."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from efir import words
from efir.i18n import _
from efir.output import Output
from measurements.records import SeriesLine, ThrottleLine
from measurements.throttle.decision import decide_arm
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.flow import Arm
from measurements.throttle.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from probes.sessions.plan import Plan
    from probes.sessions.runner import PlatformResult, Progress


class SessionProgress:
    """Context manager; `show(progress)` says where the session stands, on a terminal in one line that changes."""

    def __init__(self, out: Output, plan: "Plan") -> None:
        self._out = out
        self._plan = plan
        self._status: Any = None
        self._said: dict[str, int] = {}  # pairs last told of, where lines cannot change

    def __enter__(self) -> Self:
        if self._out.interactive:
            self._status = self._out.console.status(_("Checking the line"))
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, progress: "Progress") -> None:
        """One step of some session."""
        text = progress_text(progress, self._plan)
        session = progress.session
        if self._status is not None:
            self._status.update(text)
        elif session.pairs_taken > self._said.get(session.platform, 0):
            self._said[session.platform] = session.pairs_taken
            self._out.text(text)


def progress_text(progress: "Progress", plan: "Plan") -> str:
    """`youtube helper: pair 4 of at most 18, ratio 0.02 (0.01-0.05), 2.1 MB, at most 50 min left`."""
    session = progress.session
    seen, arm = session.under_way
    if arm is None:
        parts = [f"{session.platform} {_('controls first')}"]
    else:
        parts = [" ".join([session.platform, *words.series(seen.protocol, seen.direction), arm])]
        pairs = sum(1 for pair in seen.pairs if pair.arm == arm)
        parts.append(_("pair {pairs} of at most {most}").format(pairs=pairs, most=plan.max_pairs))
        parts += _ratio_words(seen, arm)
    parts.append(f"{progress.bytes_received / 1e6:.1f} MB")
    parts.append(_("at most {minutes} min left").format(minutes=ceil(progress.seconds_left / 60)))
    return ", ".join(parts)


def _ratio_words(seen: SessionEvidence, arm: Arm) -> list[str]:
    contrast = decide_arm(seen, arm).contrast if seen.pairs else None
    if contrast is None:
        return []
    return [_("ratio {ratio}").format(ratio=ratio_text(contrast.ratio, contrast.low, contrast.high))]


def ratio_text(ratio: float | None, low: float | None, high: float | None) -> str:
    """`0.02 (0.01-0.05)`; bounds that are not known yet are left out."""
    if ratio is None:
        return "-"
    if low is None or high is None:
        return f"{ratio:.2g}"
    return f"{ratio:.2g} ({low:.2g}-{high:.2g})"


def series_text(series: SeriesLine) -> str:
    """`QUIC: slowed down, target / control: 0.03 (0.02-0.05), 10 pairs`, and why, where it cannot be said."""
    parts = [f"{' '.join(words.series(series.protocol, series.direction))}: {words.speed(series.verdict)}"]
    if series.ratio is not None:
        ratio = ratio_text(series.ratio, series.ratio_low, series.ratio_high)
        parts.append(_("target / control: {ratio}, {pairs} pairs").format(ratio=ratio, pairs=series.pairs))
    return ", ".join([*parts, *words.reasons(series.reason)])


def show_throttling(
    out: Output, lines: Sequence[ThrottleLine], results: "Sequence[PlatformResult]", kept: bool
) -> None:
    """What was found, one paragraph a platform; `kept` is false where nothing of it is stored on disk."""
    for line in lines:
        show_result(out, line)
    if results:
        if kept:
            out.text(_("Each pair, and a plot: efir explain {platform}").format(platform=lines[0].platform))
        error = max(each.error for each in results)
        out.text(
            _("Chance of any false 'slowed down' in all of this: at most {error}.").format(
                error=f"{error:.1%}"
            )
        )


def show_result(out: Output, line: ThrottleLine) -> None:
    """One session's result: verdict, ratio, rate, how and for what, and why."""
    out.text(f"{line.platform}: {words.speed(line.verdict)}")
    for text in result_texts(line):
        out.text("  " + text)


def result_texts(line: ThrottleLine) -> Iterator[str]:
    """What a session found beside its verdict, each on a line of its own."""
    if line.ratio is not None:
        ratio = ratio_text(line.ratio, line.ratio_low, line.ratio_high)
        yield _("target / control: {ratio}, {pairs} pairs").format(ratio=ratio, pairs=line.pairs)
    if line.effective_bytes_per_second:
        rate = line.effective_bytes_per_second * 8 / 1000
        yield _("held at about {rate} kbit/s").format(rate=round(rate))
    if line.up_to_bytes and line.up_to_seconds:
        size, seconds = f"{line.up_to_bytes / 1e6:.1f}", f"{line.up_to_seconds:.1f}"
        yield _(
            "looked at: {size} MB and {seconds} s of one connection; what begins later is not seen"
        ).format(size=size, seconds=seconds)
    yield from filter(None, [words.mechanism(line.mechanism), words.scope(line.scope)])
    yield from words.reasons(line.reason)
    yield from map(series_text, line.series)
    yield f"{line.bytes_received / 1e6:.1f} MB, {line.duration_seconds / 60:.1f} min"


def sentinels_text(ratios: Mapping[str, float | None]) -> str:
    """What a sweep of small pairs looked like: platform -> target / control, None where a pair gave none."""
    known = {name: ratio for name, ratio in ratios.items() if ratio is not None}
    slow = [name for name, ratio in known.items() if ratio < THRESHOLDS.half]
    return _("Small pairs: {number}; looking slow: {names}.").format(
        number=len(known), names=", ".join(slow) or _("none")
    )
