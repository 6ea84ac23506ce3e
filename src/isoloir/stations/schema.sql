-- What the station database promises. `isoloir build` runs this after the tables are loaded.

-- Past results on the stations of a year: `FROM results_on(2017)`, `FROM turnout_on(2022)`. A count is the sum of the
-- shares of the stations that it comes from; its quality is the worst grade that carries a tenth of it or more.
CREATE MACRO turnout_on(wanted) AS TABLE
    SELECT station_id, election, sum(registered * share) AS registered, sum(voters * share) AS voters,
        sum(blank * share) AS blank, sum(spoiled * share) AS spoiled, sum(valid_votes * share) AS valid_votes,
        max(quality) FILTER (registered * share >= 0.1 * whole OR whole = 0) AS quality
    FROM (
        SELECT m.to_id AS station_id, t.election, t.registered, t.voters, t.blank, t.spoiled, t.valid_votes, m.share,
            m.quality, sum(t.registered * m.share) OVER (PARTITION BY m.to_id, t.election) AS whole
        FROM turnout t JOIN station_map m ON m.from_id = t.station_id
        WHERE m.reference = wanted
    )
    GROUP BY station_id, election;

CREATE MACRO results_on(wanted) AS TABLE
    SELECT m.to_id AS station_id, r.election, r.candidate, r.nuance, sum(r.votes * m.share) AS votes,
        max(m.quality) FILTER (m.share >= 0.1) AS quality, r.first_name
    FROM results r JOIN station_map m ON m.from_id = r.station_id
    WHERE m.reference = wanted
    GROUP BY m.to_id, r.election, r.candidate, r.nuance, r.first_name;

-- Today is the newest year of the database.
CREATE VIEW turnout_today AS
    SELECT * FROM turnout_on((SELECT max(reference) FROM station_map));

CREATE VIEW results_today AS
    SELECT * FROM results_on((SELECT max(reference) FROM station_map));
