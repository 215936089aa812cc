"""Bringing data in: what a file is, reading it whatever state it is in, counting what became of each record.

`run` asks each file what it is -> `flat_table`, `observation_table` (over `csv_table`), `json_records` (over
`ooni_records`, `own_records`) read it, with `reading` for what is compressed or damaged -> `stages` what they find,
before it is stored whole; `counts` what is said of each record.
"""
