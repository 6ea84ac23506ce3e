-- From the stages (views named in_<table>) to the tables that others may rely on. Everything is sorted, or was by its stage,
-- or keeps the order of its file, so that two builds of the same inputs hold the same rows in the same order. (A join keeps
-- no order here: in_turnout and in_results come with their station_id.)

CREATE TABLE communes AS
    SELECT commune_code, name, population, geometry FROM in_communes ORDER BY commune_code;

CREATE TABLE stations AS
    SELECT v.station_id, v.commune_code, v.station_code, v.valid_from, v.valid_to, p.name, p.address,
        o.geometry, o.outline_source, o.outline_vintage, o.quality
    FROM in_versions v
    LEFT JOIN in_shapes o USING (station_id)
    LEFT JOIN in_places p USING (station_id)
    ORDER BY v.station_id;

CREATE TABLE turnout AS
    SELECT station_id, election, registered, voters, blank, spoiled, valid_votes, constituency_code, source
    FROM in_turnout;

CREATE TABLE results AS
    SELECT station_id, election, candidate, nuance, votes, first_name, panel, source FROM in_results;

CREATE TABLE lineage AS
    SELECT from_id, to_id, share, evidence, quality FROM in_edges ORDER BY from_id, to_id;

CREATE TABLE station_map AS
    SELECT reference, from_id, to_id, share, quality FROM in_map;

CREATE TABLE streets AS
    SELECT station_id, street, addresses::INTEGER AS addresses FROM in_streets;

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
