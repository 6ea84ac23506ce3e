"""From a database to a ranking, a plan and its measure: the commands, on the fictional département with its truth."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.commands.measure import measure_plan
from isoloir.commands.measure.show import sentences
from isoloir.commands.plan import Planned, plan_hours, write_plan
from isoloir.commands.plan.start import find_start
from isoloir.commands.priority import Prioritised, Question, prioritise_stations
from isoloir.commands.rank import rank
from isoloir.errors import IsoloirError, SettingsError, SourceError, StatsError
from isoloir.simulate.campaign import Reserves, Talk, canvass, read_reserves
from isoloir.stats.priority.choice import fill
from isoloir.store import database, frame

HELD = "2024_legi_t1"


@pytest.fixture
def base(fiction_database: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(fiction_database, tmp_path / "isoloir.duckdb"))


@pytest.fixture(scope="module")
def eve(fiction_database: Path) -> Prioritised:
    return prioritise_stations(fiction_database, Question(HELD, draws=200), keep=False)


@pytest.fixture(scope="module")
def planned(fiction_database: Path) -> Planned:
    return plan_hours(fiction_database, Question(HELD, hours=900, draws=100), 8, "X1128")


def ask(path: Path, query: str) -> pl.DataFrame:
    with database(path) as connection:
        return frame(connection, query)


# The ranking


def test_a_ranking_is_kept_with_what_it_says_of_itself(base: Path) -> None:
    found = prioritise_stations(base, Question("legislative", hours=300, draws=100))
    table = ask(base, f"SELECT * FROM ranking WHERE election = '{found.election}' ORDER BY rank NULLS LAST")
    assert table.height == found.table.height > 400
    parts = [c for c in table.columns if c.startswith("factor_")]
    score = table["votes_per_hour"].to_numpy()
    assert table.select(pl.sum_horizontal(parts)).to_series().to_numpy() + found.ranked.median == pytest.approx(score)
    assert (table["persuasion"] + table["mobilisation"] + table["registration"]).to_numpy() == pytest.approx(score)
    assert table["abstention_share"].is_between(0, 1).all()
    assert (table["score"] - table["abstention_share"] * table["support_share"]).abs().max() < 0.01
    ranked = table.filter(pl.col("rank").is_not_null())
    assert ranked["votes_per_hour"].is_sorted(descending=True)
    assert ranked["level"].is_sorted()
    assert set(ranked["grade"]) <= {"solid", "likely", "undecided"}
    assert (ranked["registered"] >= 100).all()
    special = table.filter(pl.col("rank").is_null())
    assert set(special["grade"]) == {"special"}
    assert special["probability"].null_count() == special.height
    notes = ask(base, "SELECT name, value, fr, en FROM ranking_notes")
    assert {"skill", "size_alone", "spread", "first", "effects"} <= set(notes["name"])
    assert notes["fr"].null_count() == notes["en"].null_count() == 0
    median = f"{found.ranked.median:.2f}"
    assert all(f"= {median} in the median station" in text for text in table["why_en"])


def test_making_it_again_replaces_it_and_leaves_the_past_alone(base: Path) -> None:
    rank(base)
    for _ in range(2):
        prioritise_stations(base, Question("legislative", draws=40))
    kept = ask(base, "SELECT election, count(*) AS n, count(votes_per_hour) AS known FROM ranking GROUP BY ALL")
    assert sorted(kept["election"]) == ["2022_pres_t1", "2029_legi_t1"]
    assert kept.filter(pl.col("election") == "2022_pres_t1")["known"].item() == 0
    assert ask(base, "SELECT count(*) FROM ranking_notes WHERE name = 'skill'").item() == 1


def test_a_ranking_of_an_older_version_is_widened(base: Path) -> None:
    rank(base)
    with database(base, write=True) as connection:
        connection.execute(
            """CREATE OR REPLACE TABLE ranking AS SELECT station_id, target, election, registered, abstention_share,
            support_share, score, level, rank, quality FROM ranking"""
        )
    prioritise_stations(base, Question("legislative", draws=40))
    assert ask(base, "SELECT count(*) FROM ranking WHERE votes_per_hour IS NULL").item() > 400
    assert ask(base, "SELECT count(*) FROM ranking WHERE votes_per_hour IS NOT NULL").item() > 400


def test_a_past_round_is_ranked_as_on_its_eve(base: Path) -> None:
    before = prioritise_stations(base, Question(HELD, draws=40), keep=False)
    with database(base, write=True) as connection:
        connection.execute("DELETE FROM results WHERE election >= '2024_legi'")
        connection.execute("DELETE FROM turnout WHERE election >= '2024_legi'")
    after = prioritise_stations(base, Question(HELD, draws=40), keep=False)
    assert before.table.equals(after.table)


def test_turnout_as_the_aim(fiction_database: Path) -> None:
    found = prioritise_stations(fiction_database, Question("presidential", "turnout", draws=60), keep=False)
    assert found.opponent is None
    assert (found.table["persuasion"] == 0).all()
    assert (found.table["mobilisation"] > 0).all()


def test_registration_is_counted_when_asked(fiction_database: Path) -> None:
    found = prioritise_stations(fiction_database, Question("legislative", registration=True, draws=60), keep=False)
    assert found.table["registration"].abs().max() > 0  # type: ignore[operator]


def test_a_ranking_follows_the_scenario_and_who_stands(fiction_database: Path, tmp_path: Path) -> None:
    scenario, stood = tmp_path / "scenario.toml", tmp_path / "candidates.csv"
    scenario.write_text(
        "[national]\nleft = 0.25\ncentre_right = 0.40\nfar_right = 0.30\nother = 0.05\nabstention = 0.30\n"
    )
    seats = ask(fiction_database, "SELECT DISTINCT constituency_code AS code FROM turnout ORDER BY 1")[
        "code"
    ].drop_nulls()
    rows = [f"{seat},{nuance}" for seat in seats for nuance in ("NUP", "ENS", "RN", "DIV")]
    stood.write_text("code,nuance\nMARS,RN\n" + "\n".join(r for r in rows if r != f"{seats[0]},NUP") + "\n")
    commune = Area.parse("X1001")
    whole = prioritise_stations(fiction_database, Question("legislative", draws=40, scenario=scenario), keep=False)
    part = prioritise_stations(
        fiction_database, Question("legislative", area=commune, draws=40, scenario=scenario), keep=False
    )
    assert whole.table["registered"] @ whole.table["abstention_share"] / whole.table["registered"].sum() == (
        pytest.approx(0.30, abs=0.02)
    )
    # the scenario is the nation's: a commune ranked alone is forecast as it is among all the others
    both = part.table.join(whole.table, on="station_id", suffix="_whole")
    assert both.height == part.table.height < whole.table.height
    assert (both["support_share"] - both["support_share_whole"]).abs().max() < 0.05  # type: ignore[operator]
    absent = prioritise_stations(
        fiction_database, Question("legislative", draws=40, scenario=scenario, candidates=stood), keep=False
    )
    assert "rows 2 (MARS RN)" in {note.name: note.en for note in absent.notes}["candidates"]
    nobody = absent.history.constituency == seats[0]
    support = dict(absent.table.select("station_id", "support_share").iter_rows())
    assert {support[s] for s in absent.history.station_id[nobody]} == {0}
    assert min(support[s] for s in absent.history.station_id[~nobody]) > 0


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        (Question("legislative", scenario=Path("nowhere.toml")), "nowhere.toml: not a scenario"),
        (Question("legislative", candidates=Path("nowhere.csv")), "nowhere.csv: no such file"),
        (Question("legislative", "BRUGNELLE"), "is none"),
        (Question("legislative", against="left"), "no opponent"),
        (Question("legislative", hours=-1), "positive number"),
        (Question("legislative", hours=float("nan")), "positive number"),
        (Question("legislative", draws=3), "at least 20"),
        (Question("coronation"), "is no election"),
        (Question("1999_legi_t1"), "no round before"),
        (Question("legislative", area=Area.parse("75")), "no station of 75"),
        (Question("legislative", chosen=("magic",)), "no prior is called"),
    ],
)
def test_a_question_without_an_answer_is_refused(fiction_database: Path, question: Question, complaint: str) -> None:
    with pytest.raises(IsoloirError, match=complaint):
        prioritise_stations(fiction_database, question, keep=False)


# The truth


def truth_of(fiction: Path, found: Prioritised) -> tuple[Reserves, np.ndarray]:
    """The planted reserves of the ranked stations, and where these are in the ranking."""
    table = pl.read_parquet(fiction / "truth" / "reserves.parquet")
    assert found.opponent is not None
    reserves = read_reserves(table, HELD, found.question.target, found.opponent)
    names = reserves.stations.select(pl.concat_str("commune_code", "station_code", separator="_")).to_series()
    places = {s: i for i, s in enumerate(found.history.station_id.tolist()) if found.ranked.rank[i] > 0}
    keep = np.array([n in places for n in names])
    parts = (
        getattr(reserves, f)[keep] for f in ("votes", "others", "persuadable", "mobilisable", "opposing", "coming")
    )
    return Reserves(reserves.stations.filter(keep), *parts), np.array([places[n] for n in names.filter(keep)])


def test_the_first_stations_hold_more_votes_than_those_of_the_index(fiction: Path, fiction_database: Path) -> None:
    reached = np.zeros(2)
    for bloc in ("left", "centre_right", "far_right"):
        found = prioritise_stations(fiction_database, Question(HELD, bloc, draws=100), keep=False)
        reserves, rows = truth_of(fiction, found)
        last = found.history.round("2022_legi_t1")
        assert last is not None
        po = np.nan_to_num((last.abstention * last.shares[:, found.history.blocs.index(bloc)])[rows])
        whole = (found.ranked.rate * found.ranked.hours).mean(axis=0)[rows]
        for alike in (False, True):
            votes, _ = canvass(reserves, Talk(0.05, 0.02, alike))
            first = int(0.2 * len(rows))
            reached += [votes[np.argsort(-score)[:first]].sum() / votes.sum() for score in (whole, po)]
    assert reached[0] >= 1.5 * reached[1]


def test_hours_spent_by_the_ranking_bring_more_than_hours_spent_anywhere(fiction: Path, eve: Prioritised) -> None:
    reserves, rows = truth_of(fiction, eve)
    for alike in (False, True):
        votes, hours = canvass(reserves, Talk(0.05, 0.02, alike))
        taken = eve.ranked.choice.taken[rows]
        assert (votes * taken).sum() / (hours * taken).sum() > 1.05 * votes.sum() / hours.sum()


def test_stated_probabilities_are_true(fiction: Path, eve: Prioritised) -> None:
    reserves, rows = truth_of(fiction, eve)
    stated, true = [], []
    for alike in (False, True):
        for strength in (0.03, 0.06, 0.1):
            votes, hours = canvass(reserves, Talk(strength, 0.02, alike))
            true.append(fill(votes / hours, hours, eve.ranked.choice.hours))
            stated.append(eve.ranked.probability[rows])
    chance, came = np.concatenate(stated), np.concatenate(true)
    place = np.clip((chance * 5).astype(int), 0, 4)
    error = sum(abs((chance - came)[place == p].sum()) for p in range(5)) / len(chance)
    assert error < 0.06
    assert np.mean((chance - came) ** 2) < np.mean((came - came.mean()) ** 2)


# The plan


def test_a_plan_is_written_and_read_again(planned: Planned, tmp_path: Path) -> None:
    out = tmp_path / "plan.csv"
    assert write_plan(planned, out) == [out, tmp_path / "plan.geojson"]
    table = pl.read_csv(out)
    doors = table.filter(pl.col("arm") == "treated").group_by("turf").agg(pl.col("doors").sum())["doors"]
    assert doors.max() - doors.min() <= 0.01 * doors.mean() + 5  # type: ignore[operator]
    control = table.filter(pl.col("arm") == "control")
    assert control["turf"].null_count() == control.height == len(planned.plan.control) > 0
    assert not set(control["station_id"]) & set(table.filter(pl.col("arm") == "treated")["station_id"])
    stations = table.group_by("station_id").agg(pl.first("stratum"))
    assert stations["stratum"].value_counts()["count"].max() <= 5  # type: ignore[operator]
    shapes = json.loads((tmp_path / "plan.geojson").read_text())["features"]
    assert len(shapes) == table.height + 1
    assert {f["geometry"]["type"] for f in shapes[1:]} <= {"Polygon", "MultiPolygon"}
    low, high = planned.expected[1:]
    assert low <= planned.expected[0] <= high


def test_another_plan_is_not_overwritten(planned: Planned, fiction_database: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.csv"
    write_plan(planned, out)
    write_plan(planned, out)  # the same one may be written again
    other = plan_hours(fiction_database, Question(HELD, hours=300, draws=40), 3, "X1128")
    text = out.read_text()
    with pytest.raises(SettingsError, match="--replace"):
        write_plan(other, out)
    assert out.read_text() == text
    write_plan(other, out, replace=True)
    assert out.read_text() != text
    with pytest.raises(SettingsError, match="ends in"):
        write_plan(other, tmp_path / "plan.xlsx")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plan.csv", "plan.geojson"]


def test_places_to_start_from(fiction_database: Path) -> None:
    with database(fiction_database) as connection:
        name = frame(connection, "SELECT name FROM communes WHERE commune_code = 'X1128'").item()
        for words in ("X1128", name, name.upper(), "X1128_0101"):
            longitude, latitude = find_start(connection, words)
            assert -20 < longitude < 0
            assert 30 < latitude < 60
        assert find_start(connection, " 48.85, 2.35 ") == (2.35, 48.85)
        for words in ("Nowhere", "95,3", "", "X9999_0001"):
            with pytest.raises(SettingsError, match="--start"):
                find_start(connection, words)


def test_a_plan_needs_hours(fiction_database: Path) -> None:
    with pytest.raises(StatsError, match="--hours"):
        plan_hours(fiction_database, Question("legislative"), 2, "X1128")


# The measure


@pytest.fixture
def plan_file(planned: Planned, tmp_path: Path) -> Path:
    write_plan(planned, tmp_path / "plan.csv")
    return tmp_path / "plan.csv"


def test_a_campaign_that_never_was_changed_nothing(fiction_database: Path, plan_file: Path) -> None:
    found = measure_plan(fiction_database, plan_file, HELD)
    assert found.support is not None
    assert found.support.intention.low < 0 < found.support.intention.high
    assert found.earlier == ("2022_legi_t1", "2024_euro_t1")
    assert found.support.intention.controls > 5
    assert len(sentences(found)) >= 4


def test_a_planted_campaign_is_found(base: Path, plan_file: Path) -> None:
    plan = pl.read_csv(plan_file).group_by("station_id").agg(pl.first("arm"), pl.sum("share"))
    drawn = plan.filter(pl.col("arm") == "treated").select("station_id", "share")
    with database(base, write=True) as connection:
        connection.register("drawn", drawn)
        connection.execute("CREATE TABLE moved AS SELECT * FROM drawn")
        # 30 points of all others' voters go to the left where every door was planned
        connection.execute(
            f"""UPDATE results SET votes = votes * (1 - 0.3 * least(share, 1)) FROM moved
            WHERE results.station_id = moved.station_id AND election = '{HELD}'
            AND nuance NOT IN ('UG', 'DVG', 'EXG', 'ECO')"""
        )
        connection.execute(
            f"""UPDATE results SET votes = votes + lost FROM (
                SELECT station_id, sum(votes) / (1 - 0.3 * least(any_value(share), 1)) - sum(votes) AS lost
                FROM results JOIN moved USING (station_id)
                WHERE election = '{HELD}' AND nuance NOT IN ('UG', 'DVG', 'EXG', 'ECO') GROUP BY station_id
            ) other WHERE results.station_id = other.station_id AND election = '{HELD}' AND nuance = 'UG'"""
        )
    found = measure_plan(base, plan_file, HELD)
    assert found.support is not None
    assert found.support.allocation is not None
    assert found.support.intention.low > 0.05
    assert found.support.chance < 0.05
    assert any("votes" in line for line in sentences(found))
    assert found.turnout.chance > 0.05  # nobody more came to vote


def test_visits_take_the_place_of_what_was_planned(fiction_database: Path, plan_file: Path, tmp_path: Path) -> None:
    plan = pl.read_csv(plan_file).filter(pl.col("arm") == "treated")
    visits = tmp_path / "visits.csv"
    plan.select("station_id", pl.col("doors") // 2).write_csv(visits)
    whole, half = (measure_plan(fiction_database, plan_file, HELD, v) for v in (None, visits))
    assert whole.support is not None
    assert half.support is not None
    assert whole.support.allocation is not None
    assert half.support.allocation is not None
    assert half.support.intention == whole.support.intention
    assert half.support.allocation.value == pytest.approx(2 * whole.support.allocation.value, rel=0.05)
    assert half.visited


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("station_id,doors\nX1128_0101,many\n", "row 2.*|doors must be a number"),
        ("station_id,doors\nX1128_0101,-4\n", "doors must be a number"),
        ("station,doors\nX1128_0101,4\n", "no station_id"),
        ("station_id,doors\nnowhere,4\n", "no station of the plan"),
    ],
)
def test_wrong_visits_are_refused(
    fiction_database: Path, plan_file: Path, tmp_path: Path, text: str, complaint: str
) -> None:
    visits = tmp_path / "visits.csv"
    visits.write_text(text)
    with pytest.raises(SourceError, match=complaint):
        measure_plan(fiction_database, plan_file, HELD, visits)


def test_wrong_plans_are_refused(fiction_database: Path, plan_file: Path, tmp_path: Path) -> None:
    table = pl.read_csv(plan_file, infer_schema=False)
    wrong = tmp_path / "wrong.csv"

    def refuse(changed: pl.DataFrame, complaint: str, error: type[IsoloirError] = SourceError) -> None:
        changed.write_csv(wrong)
        with pytest.raises(error, match=complaint):
            measure_plan(fiction_database, wrong, HELD)

    refuse(table.drop("arm"), "is no plan")
    refuse(table.with_columns(share=pl.lit("lots")), r"wrong\.csv, row 2: .*share from 0 to 1 \(value 'lots'\)")
    refuse(table.with_columns(share=pl.lit("2")), "share from 0 to 1")
    refuse(table.with_columns(arm=pl.lit("both")), "an arm is")
    refuse(table.filter(pl.col("arm") == "treated"), "left no station alone", StatsError)
    alone = {"arm": pl.lit("control"), "share": pl.lit("0")}
    refuse(pl.concat([table, table.head(1).with_columns(**alone)]), "both treated and control")
    refuse(table.with_columns(station_id=pl.lit("Z_1"), **alone), "not in this database")
    refuse(table.with_columns(arm=pl.lit("control")), "row 2: a control is left alone")
    first = pl.int_range(pl.len()) == 0
    for column, value, complaint in (
        ("doors", "-5", "row 2: doors must be a number, 0 or more .value '-5'"),
        ("stratum", "one", "row 2: a station needs a stratum, a whole number .value 'one'"),
        ("station_id", "", "row 2: a row without a station"),
        ("target", "turnout", "row 3: a plan is for one target, the same in every row"),
    ):
        refuse(table.with_columns(pl.when(first).then(pl.lit(value)).otherwise(column).alias(column)), complaint)
    refuse(table.with_columns(target=pl.lit("BRUGNELLE")), "no bloc here")
    with pytest.raises(SourceError, match="no such file"):
        measure_plan(fiction_database, tmp_path / "none.csv", HELD)
    with pytest.raises(StatsError, match="no results of 2027_legi_t1"):
        measure_plan(fiction_database, plan_file, "2027_legi_t1")
    with pytest.raises(SettingsError, match="names no election"):
        measure_plan(fiction_database, plan_file, "soon")
