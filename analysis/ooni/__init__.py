"""OONI's measurements: read, reduced to evidence, and judged by our rules (docs/ooni.md).

`model` their format -> `extract` (with `lenient` for what has another shape) -> `record` the evidence that is kept ->
`hosts` attempts by host -> `facts` what our rules match on -> `judge` one line a measurement. `platforms` what it is
about; `block_pages`, `certificates`, `known_bugs` what is known of pages, certificates and the probes' own mistakes.
"""
