"""Whether a window of time is open. Pure."""

from dataclasses import dataclass

from lab.scenario import SECONDS_A_DAY, Window


@dataclass(frozen=True, slots=True)
class WindowClock:
    """`window`, and the UTC time (seconds since 1970) at which the scenario's clock showed 0."""

    window: Window
    epoch: float

    def open(self, now: float) -> bool:
        """`now` is by the scenario's clock: seconds since it was loaded."""
        window, at, every = self.window, now, self.window.every
        if window.clock == "utc_day":
            at, every = self.epoch + now, SECONDS_A_DAY
        if every is None:
            return window.start <= at < window.end
        # A window that runs past the end of its period (23:00 to 01:00) is open at the start of the next one, too
        into = at % every
        return window.start <= into < window.end or window.start <= into + every < window.end
