"""Records, failure words, targets, verdict rules and the store. No network I/O.

records, failures, verdicts, ids   what is stored, and its closed vocabularies
rules/, throttle/                  what it means: verdicts of reachability, and of speed
formats/                           records for others: flat table, OONI, OpenMetrics
targets                            `targets.yaml` in memory; targets_file (with yaml_lines, checked) reads it,
                                   targets_check, targets_trial, targets_received, signed: is it good?
expect, redirects, refusals        what an HTTP answer says
bogons, interceptors, owners       what is known of addresses, certificates and networks; data/: tables of it
store                              the spool: store_sql, store_schema, store_errors, store_read, arrivals over
                                   database, writer, microseconds; encrypted by spool_file, spool_key, sqlcipher
state, identity, invite            the files beside it: their places, the pseudonym, the operator's invite
scrub, visible                     what may not be stored, and what may not be shown as it is
batch, sealing                     results on their way to a collector
errors                             what a person must mend
"""
