"""The Interior ministry's files by round: three generations of layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from isoloir.simulate.ballots import Ballots
from isoloir.simulate.layouts.elections import name_constituency
from isoloir.simulate.layouts.stream import TextStream

_PREAMBLE = (
    "--------------------------------------------------------\r\n"
    "Élection présidentielle {year} : résultats par bureau de vote (pays simulé par Isoloir, aucun résultat réel)\r\n"
    "--------------------------------------------------------\r\n"
    "Format des enregistrements (séparateur ;)\r\n"
    "Champ 1 : N° de tour\r\nChamp 2 : Code département\r\nChamp 3 : Code commune\r\nChamp 4 : Nom de la commune\r\n"
    "Champ 5 : N° de bureau de vote\r\nChamp 6 : Inscrits\r\nChamp 7 : Votants\r\nChamp 8 : Exprimés\r\n"
    "Champ 9 : N° de dépôt du candidat\r\nChamp 10 : Nom du candidat\r\nChamp 11 : Prénom du candidat\r\n"
    "Champs 12 et 13 : Code nuance du candidat, nombre de voix du candidat\r\n"
    "--------------------------------------------------------\r\n"
)
_WIDE = (
    "Code du département;Libellé du département;Code de la circonscription;Libellé de la circonscription;"
    "Code de la commune;Libellé de la commune;Code du b.vote;Inscrits;Abstentions;% Abs/Ins;Votants;% Vot/Ins;Blancs;"
    "% Blancs/Ins;% Blancs/Vot;Nuls;% Nuls/Ins;% Nuls/Vot;Exprimés;% Exp/Ins;% Exp/Vot"
)
_NUMBERED = (
    "Code département;Libellé département;Code commune;Libellé commune;Code BV;Inscrits;Votants;% Votants;Abstentions;"
    "% Abstentions;Exprimés;% Exprimés/inscrits;% Exprimés/votants;Blancs;% Blancs/inscrits;% Blancs/votants;Nuls;"
    "% Nuls/inscrits;% Nuls/votants"
)
_NUMBERED_BLOCK = (
    "Numéro de panneau {0};Nuance candidat {0};Nom candidat {0};Prénom candidat {0};Sexe candidat {0};Voix {0};"
    "% Voix/inscrits {0};% Voix/exprimés {0};Elu {0}"
)
_PERCENT = pl.Series([f"{i // 100},{i % 100:02d}" for i in range(10_001)])
LONG = {2007: "PR07_Bvot_T1T2.txt", 2012: "PR12_Bvot_T1T2.txt"}
WIDE = {
    "2017_pres_t1": "PR17_BVot_T1_FE.txt",
    "2017_pres_t2": "PR17_BVot_T2_FE.txt",
    "2022_pres_t1": "presidentielle-2022/resultats-par-niveau-burvot-t1-france-entiere.txt",
    "2022_pres_t2": "presidentielle-2022/resultats-par-niveau-burvot-t2-france-entiere.txt",
    "2022_legi_t1": "legislatives-2022/resultats-par-niveau-burvot-t1-france-entiere.txt",
    "2022_legi_t2": "legislatives-2022/resultats-par-niveau-burvot-t2-france-entiere.txt",
}
NUMBERED = {
    "2024_legi_t1": "legislatives-2024/resultats-definitifs-par-bureau-de-vote-t1.csv",
    "2024_legi_t2": "legislatives-2024/resultats-definitifs-par-bureau-de-vote-t2.csv",
}


class Ministry:
    """Every file of the ministry that the country has; rounds not listed here are only in the aggregated files."""

    def __init__(self, folder: Path, options: dict[str, int]):
        """`options`: the number of candidate blocks of each round."""
        here = folder / "elections"
        self.options = options
        self.long = {
            year: TextStream(here / name, _PREAMBLE.format(year=year), "latin-1") for year, name in LONG.items()
        }
        self.files = {e: TextStream(here / name, _wide_head(e), "latin-1") for e, name in WIDE.items()}
        for election, name in NUMBERED.items():
            blocks = [_NUMBERED_BLOCK.format(i + 1) for i in range(options[election])]
            self.files[election] = TextStream(here / name, ";".join([_NUMBERED, *blocks]) + "\n")

    def write(self, rounds: list[Ballots], departement: str) -> None:
        """Those rounds of one département that the ministry publishes apart."""
        for ballots in rounds:
            election = ballots.outcome.round.election
            if ballots.outcome.round.type == "pres" and ballots.outcome.round.year in self.long:
                self.long[ballots.outcome.round.year].write(_long(ballots))
            elif election in WIDE:
                self.files[election].write(_wide(ballots, departement, self.options[election]))
            elif election in NUMBERED:
                self.files[election].write(_numbered(ballots, departement, self.options[election]))

    def close(self) -> None:
        """Finish every file."""
        for stream in (*self.long.values(), *self.files.values()):
            stream.close()


def _wide_head(election: str) -> str:
    nuance = "Nuance;" if "legi" in election else ""
    return f"{_WIDE};N°Panneau;Sexe;Nom;Prénom;{nuance}Voix;% Voix/Ins;% Voix/Exp\r\n"


def _long(ballots: Ballots) -> pl.DataFrame:
    station = ballots.turnout[ballots.results["row"].to_numpy()]
    return pl.concat([ballots.results, station], how="horizontal").select(
        pl.lit(ballots.outcome.round.election[-1]),
        "departement",
        pl.col("commune").str.slice(2),
        "name",
        "station",
        "registered",
        "voters",
        "valid",
        "panel",
        "last",
        "first",
        "code",
        "votes",
    )


def _percent(part: pl.Series, whole: pl.Series, sign: str = "") -> pl.Series:
    """`74,62`, rounded half up, as the ministry does; `sign` is appended."""
    a, b = part.to_numpy(), np.maximum(whole.to_numpy(), 1)
    text = _PERCENT.gather((20_000 * a + b) // (2 * b))
    return text + sign if sign else text


def _wide(ballots: Ballots, departement: str, blocks: int) -> pl.DataFrame:
    t, legi = ballots.turnout, ballots.outcome.round.type == "legi"
    out: list[pl.Series] = [
        t["departement"],
        pl.Series([departement]).new_from_index(0, len(t)),
        t["constituency"].cast(pl.String).str.zfill(2),
        t.select(name_constituency(pl.col("constituency"))).to_series(),
        t["commune"].str.slice(2),
        t["name"],
        t["station"],
        t["registered"],
        t["abstentions"],
        _percent(t["abstentions"], t["registered"]),
        t["voters"],
        _percent(t["voters"], t["registered"]),
    ]
    for column in ("blank", "spoiled", "valid"):
        out += [t[column], _percent(t[column], t["registered"]), _percent(t[column], t["voters"])]
    for c in _blocks(ballots, blocks):
        out += [c["panel"], c["sex"], c["last"], c["first"], *([c["code"]] if legi else []), c["votes"]]
        out += [_percent_or_null(c["votes"], t["registered"]), _percent_or_null(c["votes"], t["valid"])]
    return _number(out)


def _numbered(ballots: Ballots, departement: str, blocks: int) -> pl.DataFrame:
    t = ballots.turnout
    out: list[pl.Series] = [
        t["departement"],
        pl.Series([departement]).new_from_index(0, len(t)),
        t["commune"],
        t["name"],
        t["station"],
        t["registered"],
        t["voters"],
        _percent(t["voters"], t["registered"], "%"),
        t["abstentions"],
        _percent(t["abstentions"], t["registered"], "%"),
    ]
    for column in ("valid", "blank", "spoiled"):
        out += [t[column], _percent(t[column], t["registered"], "%"), _percent(t[column], t["voters"], "%")]
    elected = _elected(ballots)
    for c in _blocks(ballots, blocks):
        sex = c["sex"].replace({"M": "MASCULIN", "F": "FEMININ"})
        out += [c["panel"], c["code"], c["last"], c["first"], sex, c["votes"]]
        out += [_percent_or_null(c["votes"], t["registered"], "%"), _percent_or_null(c["votes"], t["valid"], "%")]
        won = (c["panel"] == elected).fill_null(False)
        out.append(pl.Series(np.where(won.to_numpy(), "élu", "")))
    return _number(out)


def _blocks(ballots: Ballots, blocks: int) -> list[pl.DataFrame]:
    """The k-th candidate of every station, null where it has fewer."""
    results = ballots.results.with_columns(k=pl.int_range(pl.len()).over("row"))
    rows = pl.DataFrame({"row": np.arange(len(ballots.turnout))})
    return [
        rows.join(results.filter(pl.col("k") == k), on="row", how="left", maintain_order="left") for k in range(blocks)
    ]


def _percent_or_null(part: pl.Series, whole: pl.Series, sign: str = "") -> pl.Series:
    text = _percent(part.fill_null(0), whole, sign)
    return text.set(part.is_null(), None)


def _elected(ballots: Ballots) -> pl.Series:
    """The panel that won the constituency of each station, null where a second round follows."""
    outcome = ballots.outcome
    units = len(outcome.present)
    votes = np.zeros((units, outcome.votes.shape[1]))
    np.add.at(votes, outcome.unit, outcome.votes)
    registered = np.bincount(outcome.unit, outcome.stage.registered, units)
    best = votes.max(axis=1)
    won = (best > votes.sum(axis=1) / 2) & (best >= registered / 4) if not outcome.round.after else best > 0
    winner = np.where(won, votes.argmax(axis=1) + 1, -1)
    return pl.Series(winner[ballots.turnout["constituency"].to_numpy() - 1])


def _number(columns: list[pl.Series]) -> pl.DataFrame:
    return pl.DataFrame([column.alias(str(i)) for i, column in enumerate(columns)])
