"""A report to publish: figures (pure) -> charts (SVG by hand) -> one HTML file that opens without any network."""
