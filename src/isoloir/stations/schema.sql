-- What the station database promises. `isoloir build` runs this after the tables are loaded.

-- Past results on the stations of a year: `FROM results_on(2017)`, `FROM turnout_on(2022)`. A count is the sum of the
-- shares of the stations that it comes from; its quality is the worst grade that carries a twentieth of it or more.
CREATE MACRO turnout_on(wanted) AS TABLE
    SELECT m.to_id AS station_id, t.election,
        sum(t.registered * m.share) AS registered, sum(t.voters * m.share) AS voters, sum(t.blank * m.share) AS blank,
        sum(t.spoiled * m.share) AS spoiled, sum(t.valid_votes * m.share) AS valid_votes, max(m.quality) AS quality
    FROM turnout t JOIN station_map m ON m.from_id = t.station_id
    WHERE m.reference = wanted
    GROUP BY ALL;

CREATE MACRO results_on(wanted) AS TABLE
    SELECT m.to_id AS station_id, r.election, r.candidate, r.nuance, sum(r.votes * m.share) AS votes,
        max(m.quality) AS quality
    FROM results r JOIN station_map m ON m.from_id = r.station_id
    WHERE m.reference = wanted
    GROUP BY ALL;

-- Today is the newest year of the database.
CREATE VIEW turnout_today AS
    SELECT * FROM turnout_on((SELECT max(reference) FROM station_map));

CREATE VIEW results_today AS
    SELECT * FROM results_on((SELECT max(reference) FROM station_map));
