"""Which outline is which station's, where two files of the same time do not write all codes alike."""

from __future__ import annotations

import polars as pl

_STATION = ["commune_code", "station_code"]


def match_codes(outlines: pl.DataFrame, stations: pl.DataFrame) -> pl.DataFrame:
    """The outline of each station that has one, by the first rule that gives it; nothing is guessed beyond them.

    Both tables have commune_code and station_code, canonical. Returns commune_code, station_code, outline_code (the
    station_code that the outline has) and `rule`:

        code      the same code on both sides
        single    the commune has one station and one outline, whatever their codes
        last      all others of the commune matched, and one is left on each side

    Of the 69,682 stations of 2022 the national outlines give 68,263 by code and one by `last`. 758 others vote abroad
    or in the Pacific, where there are no outlines, and 660 have none in that file (all of Troyes, Belfort, Alès,
    Dieppe, Aurillac). Elsewhere take other outlines, or the whole commune where a station is alone in it.
    """
    have, want = outlines.select(_STATION).unique(), stations.select(_STATION).unique()
    same = want.join(have, on=_STATION).with_columns(outline_code="station_code", rule=pl.lit("code"))
    left, free = want.join(same, on=_STATION, how="anti"), have.join(same, on=_STATION, how="anti")
    one_left, one_free = (t.filter(pl.len().over("commune_code") == 1) for t in (left, free))
    pairs = one_left.join(one_free.rename({"station_code": "outline_code"}), on="commune_code")
    alone = want.group_by("commune_code").len("stations").join(have.group_by("commune_code").len(), on="commune_code")
    is_single = (pl.col("stations") == 1) & (pl.col("len") == 1)
    named = pairs.join(alone, on="commune_code").with_columns(
        rule=pl.when(is_single).then(pl.lit("single")).otherwise(pl.lit("last"))
    )
    return pl.concat([same, named.select(same.columns)]).sort(_STATION)
