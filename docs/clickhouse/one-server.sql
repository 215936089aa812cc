-- The flat table on one ClickHouse server (docs/clickhouse.md).
CREATE DATABASE IF NOT EXISTS efir;

CREATE TABLE IF NOT EXISTS efir.flat
(
    time DateTime64(6, 'UTC'),
    vantage LowCardinality(String),
    asn Nullable(Int64),
    country LowCardinality(Nullable(String)),
    access LowCardinality(Nullable(String)),
    platform LowCardinality(String),
    endpoint LowCardinality(Nullable(String)),
    role LowCardinality(String),
    probe LowCardinality(String),
    pair Nullable(String),
    arm LowCardinality(Nullable(String)),
    stage LowCardinality(Nullable(String)),
    failure LowCardinality(Nullable(String)),
    seconds Nullable(Float64),
    bytes Nullable(Int64),
    goodput_bytes_per_second Nullable(Float64),
    measurement Nullable(String),
    origin LowCardinality(String),
    day Date MATERIALIZED toDate(time, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (platform, vantage, time)
-- A file that is loaded twice counts once: a block with the same content is not inserted again.
SETTINGS non_replicated_deduplication_window = 10000;
