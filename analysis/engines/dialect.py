"""SQL snippets in which engines differ. A query that is built from them runs on each engine alike.

Quantiles are linear-interpolated everywhere: engines disagree by default (for 1, 2, 10, 20 the 90th percentile is
17 by interpolation, and 20 by DuckDB's `quantile_disc` or ClickHouse's `quantileExact`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """Templates of one engine; `{x}` is the expression they are applied to."""

    name: str
    epoch_template: str  # seconds since 1970 as a double
    day_template: str  # UTC day as a date
    quantile_template: str  # {q} in 0-1
    integer_template: str  # cast to a 64-bit integer, rounding down

    def epoch(self, x: str) -> str:
        """Seconds since 1970-01-01 UTC, with fractions."""
        return self.epoch_template.format(x=x)

    def day(self, x: str) -> str:
        """The UTC day of a time."""
        return self.day_template.format(x=x)

    def bin(self, x: str, seconds: int) -> str:
        """Number of the time bin: whole `seconds` since 1970. Equi-join on it, then filter by range."""
        return self.integer_template.format(x=f"floor({self.epoch(x)} / {seconds})")

    def quantile(self, x: str, q: float) -> str:
        """Linear-interpolated quantile as an aggregate."""
        return self.quantile_template.format(x=x, q=q)

    @property
    def goodput(self) -> str:
        """Bytes per second of a flow: its own goodput, else bytes / seconds."""
        return "coalesce(goodput_bytes_per_second, bytes / nullif(seconds, 0))"


DUCKDB = Dialect(
    name="duckdb",
    epoch_template="epoch({x})",
    day_template="CAST({x} AS DATE)",
    quantile_template="quantile_cont({x}, {q})",
    integer_template="CAST({x} AS BIGINT)",
)

CLICKHOUSE = Dialect(
    name="clickhouse",
    epoch_template="(toUnixTimestamp64Micro({x}) / 1000000)",
    day_template="toDate({x}, 'UTC')",
    quantile_template="quantileExactInclusive({q})({x})",
    integer_template="toInt64({x})",
)
