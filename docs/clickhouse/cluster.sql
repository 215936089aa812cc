-- The flat table on a cluster: sharded by vantage, so that a pair's two flows and a vantage's hours stay on one shard, and
-- replicated. Replace {cluster} by its name in system.clusters; {shard} and {replica} are the servers' own macros
-- (docs/clickhouse.md). The columns are those of one-server.sql; a test holds them equal.
CREATE DATABASE IF NOT EXISTS efir ON CLUSTER '{cluster}';

CREATE TABLE IF NOT EXISTS efir.flat_local ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/efir/flat_local', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (platform, vantage, time);

CREATE TABLE IF NOT EXISTS efir.flat ON CLUSTER '{cluster}' AS efir.flat_local
ENGINE = Distributed('{cluster}', efir, flat_local, cityHash64(vantage));
