"""Commands of operators and researchers; a new one is one file and one line here."""

from typing import Final

# name -> (module, one line for --help)
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "changes": ("efir.commands.changes", "Find changes that nobody announced."),
    "helper": ("efir.commands.helper", "Run the test helper on a server abroad."),
    "serve": ("efir.commands.serve", "Serve what was measured as Prometheus metrics."),
    "collect": ("efir.commands.collect", "Take results from many vantages; invite them, or revoke."),
    "fetch": ("efir.commands.fetch", "Bring published measurements of others."),
    "import": ("efir.commands.import_data", "Bring measurements into a folder for analysis."),
    "export": (
        "efir.commands.export",
        "Write stored observations for others: OONI, CSV, Parquet, JSON lines.",
    ),
    "verdicts": ("efir.commands.verdicts", "Compute verdicts over imported data."),
    "lab": ("efir.commands.lab", "Run scenarios in the emulated Internet."),
    "correlate": ("efir.commands.correlate", "Test whether slowness keeps the hours of a schedule."),
    "report": ("efir.commands.report", "Write a report to publish: one file, no network."),
    "schedule": ("efir.commands.schedule", "Check a schedule of events, or list it in UTC."),
}
