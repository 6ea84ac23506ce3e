-- From the stages (views named in_<table>) to the tables that others may rely on. Everything is sorted, or was by its stage,
-- or keeps the order of its file, so that two builds of the same inputs hold the same rows in the same order.

CREATE TABLE communes AS
    SELECT commune_code, name, population, geometry FROM in_communes ORDER BY commune_code;

CREATE TABLE stations AS
    SELECT v.station_id, v.commune_code, v.station_code, v.valid_from, v.valid_to, p.name, p.address,
        o.geometry, o.outline_source, o.outline_vintage, o.quality
    FROM in_versions v
    LEFT JOIN in_shapes o USING (station_id)
    LEFT JOIN in_places p USING (station_id)
    ORDER BY v.station_id;

-- Almost every station's id is its code: only the others need a join.
CREATE TEMP TABLE renamed AS
    SELECT commune_code, station_code, election, station_id FROM in_members
    WHERE station_id <> commune_code || '_' || station_code;

CREATE TABLE turnout AS
    SELECT coalesce(m.station_id, t.commune_code || '_' || t.station_code) AS station_id, t.election,
        t.registered, t.voters, t.blank, t.spoiled, t.valid_votes, t.constituency_code, t.source
    FROM in_turnout t LEFT JOIN renamed m USING (commune_code, station_code, election);

CREATE TABLE results AS
    SELECT coalesce(m.station_id, t.commune_code || '_' || t.station_code) AS station_id, t.election,
        t.candidate, t.nuance, t.votes, t.first_name, t.panel, t.source
    FROM in_results t LEFT JOIN renamed m USING (commune_code, station_code, election);

CREATE TABLE lineage AS
    SELECT from_id, to_id, share, evidence, quality FROM in_edges ORDER BY from_id, to_id;

CREATE TABLE station_map AS
    SELECT reference, from_id, to_id, share, quality FROM in_map;

CREATE TABLE variables AS
    SELECT station_id, variable, value, vintage, quality, source FROM in_variables;

CREATE TABLE missing AS
    SELECT variable, stations, reason FROM in_missing ORDER BY variable, reason;

CREATE TABLE coverage AS
    SELECT "table", election, source, kept, communes FROM in_coverage ORDER BY ALL;

CREATE TABLE constituencies AS
    SELECT constituency_code, commune_code, geometry FROM in_constituencies ORDER BY constituency_code, commune_code;

CREATE TABLE provenance ("table" VARCHAR, "column" VARCHAR, source VARCHAR, file VARCHAR, sha256 VARCHAR, date DATE);

CREATE TABLE checks (name VARCHAR, outcome VARCHAR, detail VARCHAR);

CREATE TABLE meta (key VARCHAR, value VARCHAR);
