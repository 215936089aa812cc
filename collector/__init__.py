"""The operator's side: takes batches from many vantages and stores each result exactly once.

    service, reading, rates, limits    HTTP: a body, bounded in size, time and number
    ingest, items, clock, networks     from a sealed body to rows: who sent it, what is wrong with it, when and where
    bundles                            the same for files carried by hand
    store, schema                      what is kept
    invites, keys, backup, publish     what the operator does with it
    metrics                            what it tells of itself

Reads records and batch formats of `measurements`, nothing else of ours.
"""
