"""What canvassing really brings in the planted country: the truth that rankings are judged by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from isoloir.simulate.geography import Floats
from isoloir.simulate.settlement import VOTERS_PER_ADDRESS


@dataclass(frozen=True)
class Talk:
    """How strong talks are and how long they take; rates are per voter behind an opened door, on average."""

    persuasion: float  # of those who would vote for somebody else
    mobilisation: float  # of those who would stay at home
    alike: bool = False  # every voter moved alike; else each by the planted voter model, near ones more
    opening: float = 0.48
    talk_minutes: float = 2.5
    knock_minutes: float = 0.8
    walk_km_h: float = 3.5
    setup_hours: float = 0.55


@dataclass(frozen=True)
class Reserves:
    """The stations of a round as rows, in the order of the table; all (S,)."""

    stations: pl.DataFrame  # commune_code, station_code, registered, addresses, walk_m
    votes: Floats  # of the target
    others: Floats  # valid votes of everybody else
    persuadable: Floats
    mobilisable: Floats  # of the target
    opposing: Floats  # mobilisable of the opponent
    coming: Floats  # mobilisable of everybody


def read_reserves(table: pl.DataFrame, election: str, target: str, opponent: str) -> Reserves:
    """What `truth/reserves.parquet` tells of one round, for one bloc against another."""
    keys = ["commune_code", "station_code"]
    rows = table.filter(pl.col("election") == election).sort(*keys, "bloc")
    wide = rows.group_by(keys, maintain_order=True).agg(
        pl.first("registered", "addresses", "walk_m"),
        votes=pl.col("votes").filter(pl.col("bloc") == target).sum(),
        valid=pl.col("votes").sum(),
        persuadable=pl.col("persuadable").filter(pl.col("bloc") == target).sum(),
        mobilisable=pl.col("mobilisable").filter(pl.col("bloc") == target).sum(),
        opposing=pl.col("mobilisable").filter(pl.col("bloc") == opponent).sum(),
        coming=pl.col("mobilisable").sum(),
    )
    parts = {name: wide[name].to_numpy() for name in ("votes", "persuadable", "mobilisable", "opposing", "coming")}
    stations = wide.select(*keys, "registered", "addresses", "walk_m")
    return Reserves(stations, others=wide["valid"].to_numpy() - parts["votes"], **parts)


def canvass(reserves: Reserves, talk: Talk) -> tuple[Floats, Floats]:
    """Net votes that canvassing all doors of each station brings, and the hours of a pair that it takes; (S,) both."""
    voters = reserves.stations["registered"].to_numpy().astype(np.float64)
    home = voters - reserves.votes - reserves.others
    net = (reserves.mobilisable - reserves.opposing) / reserves.coming
    if talk.alike:
        won, brought = talk.persuasion * reserves.others, talk.mobilisation * home * net
    else:
        won = talk.persuasion * reserves.others.sum() * reserves.persuadable / reserves.persuadable.sum()
        brought = talk.mobilisation * home.sum() * reserves.coming / reserves.coming.sum() * net
    doors = voters / VOTERS_PER_ADDRESS
    minutes = doors * (talk.knock_minutes + talk.opening * talk.talk_minutes)
    walk = reserves.stations["walk_m"].to_numpy() / 1000 / talk.walk_km_h
    return talk.opening * (won + brought), minutes / 60 + walk + talk.setup_hours
