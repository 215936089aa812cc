"""Times that people give to commands."""

from datetime import UTC, datetime

import click


class UtcTime(click.ParamType[datetime | None]):
    """A day or a time in ISO 8601; UTC unless it names an offset."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value
        try:
            time = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; write 2023-11-08 or 2023-11-08T12:00+05:00", param, ctx)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
