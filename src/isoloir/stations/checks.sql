-- What the database says against itself: name, outcome (ok, info, warning, error), detail.

INSERT INTO checks
    SELECT concat_ws(': ', source, file),
        severity,
        concat_ws(' ', if("row" IS NULL, NULL, 'row ' || "row" || ':'), what, if(value IS NULL, NULL, '(value ''' || value || ''')'))
    FROM (
        SELECT source, file, "row", what, value, severity FROM in_notices
        UNION ALL SELECT source, file, "row", what, value, severity FROM in_round_notices
        UNION ALL SELECT 'lineage', file, "row", what, value, severity FROM in_follow_notices
        UNION ALL SELECT 'outlines', file, "row", what, value, severity FROM in_shape_notices
        UNION ALL SELECT 'variables', file, "row", what, value, severity FROM in_variable_notices
    ) ORDER BY source, file, "row", what, value;

INSERT INTO checks
    SELECT 'agreement of ' || "table" || ' ' || election || ', ' || kept || ' against ' || compared,
        CASE WHEN equal = "both" AND only_kept = 0 AND only_compared = 0 THEN 'ok'
            WHEN equal = "both" THEN 'info' ELSE 'warning' END,
        equal || ' of ' || "both" || ' equal'
            || if(only_kept = 0, '', ', ' || only_kept || ' only in ' || kept)
            || if(only_compared = 0, '', ', ' || only_compared || ' only in ' || compared)
            || if(example IS NULL, '', '; ' || example)
    FROM in_agreement ORDER BY ALL;

INSERT INTO checks
    SELECT 'total of ' || election, 'info',
        count(*) || ' stations, registered ' || sum(registered) || ', voters ' || coalesce(sum(voters)::VARCHAR, 'unknown')
            || ', valid votes ' || coalesce(sum(valid_votes)::VARCHAR, 'unknown')
    FROM turnout GROUP BY election ORDER BY election;

INSERT INTO checks
    WITH votes AS (SELECT station_id, election, sum(votes) AS votes FROM results GROUP BY ALL),
    compared AS (
        SELECT t.election, t.station_id, t.valid_votes, v.votes FROM turnout t JOIN votes v USING (station_id, election)
    )
    SELECT 'votes against valid votes, ' || election,
        -- in the municipal elections of small communes a voter names several candidates
        if(election LIKE '%\_muni\_%' ESCAPE '\', 'info', 'warning'),
        count(*) || ' stations whose votes do not sum to their valid votes, the first '
            || min(station_id) || ' (' || arg_min(votes, station_id) || ' against ' || arg_min(valid_votes, station_id) || ')'
    FROM compared WHERE votes <> valid_votes GROUP BY election ORDER BY election;

INSERT INTO checks
    SELECT 'outlines', if(count(*) FILTER (geometry IS NULL) = 0, 'ok', 'info'),
        count(geometry) || ' of ' || count(*) || ' stations of today have an outline'
            || coalesce('; none for ' || min(station_id) FILTER (geometry IS NULL) || ' and others', '')
    FROM stations WHERE valid_to IS NULL;

INSERT INTO checks
    SELECT 'variable ' || variable, 'info', 'unknown for ' || stations || ' stations: ' || reason
    FROM missing ORDER BY variable, reason;
