"""SQL snippets in which engines differ. A query that is built from them runs on each engine alike."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Dialect:
    """Templates of one engine; `{x}` is the expression they are applied to."""

    name: str
    micros_template: str  # whole microseconds since 1970
    integer_template: str  # cast to a 64-bit integer, rounding down
    moment_template: str  # {x} is a time, written as 2024-03-01 00:00:00 in UTC
    records_template: str  # {x} are fields, each after its `field_prefix`
    field_prefix: str = ""  # {n} is the place of a field

    def micros(self, x: str) -> str:
        """Microseconds since 1970-01-01 UTC, a whole number: means of them do not depend on the order of rows."""
        return self.micros_template.format(x=x)

    def epoch(self, x: str) -> str:
        """Seconds since 1970-01-01 UTC, with fractions."""
        return f"({self.micros(x)} / 1000000)"

    def bin(self, x: str, seconds: int) -> str:
        """Number of the time bin: whole `seconds` since 1970. Equi-join on it, then filter by range."""
        return self.integer_template.format(x=f"floor({self.epoch(x)} / {seconds})")

    def moment(self, time: datetime) -> str:
        """A moment to compare times with; engines skip what their indices say is outside."""
        return self.moment_template.format(x=time.astimezone(UTC).replace(tzinfo=None).isoformat(" "))

    def records(self, *fields: str) -> str:
        """All rows of a group as one list of records, as an aggregate; its fields go by their place."""
        return self.records_template.format(
            x=", ".join(f"{self.field_prefix.format(n=n)}{x}" for n, x in enumerate(fields))
        )

    @property
    def goodput(self) -> str:
        """Bytes per second of a flow: its own goodput, else bytes / seconds."""
        return "coalesce(goodput_bytes_per_second, bytes / nullif(seconds, 0))"


DUCKDB = Dialect(
    name="duckdb",
    micros_template="epoch_us({x})",
    integer_template="CAST({x} AS BIGINT)",
    moment_template="TIMESTAMPTZ '{x}+00'",
    records_template="list(struct_pack({x}))",
    field_prefix="f{n} := ",
)

CLICKHOUSE = Dialect(
    name="clickhouse",
    micros_template="toUnixTimestamp64Micro({x})",
    integer_template="toInt64({x})",
    moment_template="toDateTime64('{x}', 6, 'UTC')",
    records_template="groupArray(tuple({x}))",
)
