"""Does slowness keep the hours of a schedule? Statistics and reports over stored records.

fetching/, importing/              published and own measurements into a folder: parquet_store, tables, flat
data, engines/                     rows out of it, or out of ClickHouse; days: so many at a time
ooni/, verdicts/                   what single measurements and hours say, by the probe's rules
schedule/, windows, zones          the events and their hours
votes/, as_groups                  votes of a platform on a network, or on an owner's networks
correlate/, preregistration        do they keep the hours? and what was written down before looking
changes/                           changes that nobody announced
calibration/                       how often the test errs
report/, exporting                 what is published and handed on
errors                             what is wrong with data before anything is computed
"""
