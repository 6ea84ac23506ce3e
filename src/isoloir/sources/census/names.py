"""One name for one concept, whatever the vintage: the year's digits go, everything else of INSEE's name stays.

    census      P21_CHOM1564, P09_CHOM1564 -> P_CHOM1564      C11_POP15P_CS3 -> C_POP15P_CS3
                (P: all questionnaires; C: the one in four that are fully coded)
    filosofi    DISP_MED21, MED12 -> DISP_MED                 Q221 of the declared incomes -> DEC_MED
                (DISP: disposable income; DEC: declared income; the two are never mixed)

Occupation changed its nomenclature in 2022: `C22_POP15P_STAT_GSEC13_23` counts other people than `C21_POP15P_CS3`,
so it is `C_POP15P_STAT_GSEC13_23` and never takes the old name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from isoloir.errors import LayoutChanged
from isoloir.sources.reading import Notice

_CENSUS = re.compile(r"([PC])(\d\d)_([A-Z0-9_]+)")
_FILOSOFI = re.compile(
    r"(?:(DISP|DEC)_)?(NBMENFISC|NBPERSMENFISC|NBMEN|NBPERS|NBUC|PM?IMP|TP60(?:AGE\d|TOL\d)?|INCERT|NOTE|MED|Q3_Q1|Q[123]"
    r"|EQ|D[1-9]|RD|S80S20|GI|PACT|PTSAC?|PCHO|PBEN|PPEN|PPAT|PPSOC|PPFAM|PPMINI|PPLOGT|PIMPOT|PAUT|PRA?)(\d\d)?"
)
_SAME = {"Q2": "MED", "NBMENFISC": "NBMEN", "NBPERSMENFISC": "NBPERS", "PMIMP": "PIMP", "PRA": "PACT"}
_REFUSED = re.compile(
    r"(^|_)(FR|ETR|IMM|IMMI|NAT|NATIO|INAT|INATC)(_|$)|NATIONAL|ETRANG|IMMIGR|RELIGI|ETHNI|ORIGIN", re.IGNORECASE
)
REFUSAL = (
    "not read: nationality, immigration, origin and religion are never used (arrêté du 24 mars 2005, art. 5: "
    "rules STAT-02 and STAT-03)"
)
BREAK = "occupation is in the nomenclature of 2022 (STAT_GSEC): not comparable with CS1 to CS8 of earlier years"


def refuse(columns: Iterable[str], file: Path) -> tuple[set[str], list[Notice]]:
    """The columns that the law or this project forbids, and the notice that says so."""
    found = [c for c in columns if _REFUSED.search(c)]
    return set(found), [Notice(file, REFUSAL, value=", ".join(found), severity="info")] if found else []


def name_census(columns: Iterable[str], file: Path) -> tuple[int, dict[str, str]]:
    """The vintage of a census file and the plain name of each of its columns of that vintage."""
    found = {c: m for c in columns if (m := _CENSUS.fullmatch(c))}
    year = _year(Counter(m[2] for m in found.values()), file)
    return year, {c: f"{m[1]}_{m[3]}" for c, m in found.items() if int(m[2]) == year % 100}


def name_filosofi(columns: Iterable[str], prefix: str, file: Path) -> tuple[int, dict[str, str]]:
    """The same for incomes; `prefix` (DISP or DEC) is that of columns which carry none."""
    found = {c: m for c in columns if (m := _FILOSOFI.fullmatch(c))}
    year = _year(Counter(m[3] for m in found.values() if m[3]), file)
    return year, {
        c: f"{m[1] or prefix}_{_SAME.get(m[2], m[2])}" for c, m in found.items() if m[3] in (None, f"{year % 100:02}")
    }


def _year(suffixes: Counter[str], file: Path) -> int:
    if not suffixes:
        raise LayoutChanged("no column has the name of a variable of INSEE (P21_POP, DISP_MED21)", file=file, row=1)
    year = 2000 + int(suffixes.most_common(1)[0][0])
    stated = re.search(r"(?<!\d)(20\d\d)(?!\d)", file.name)
    if stated and int(stated[1]) != year:
        raise LayoutChanged(f"the file is named {stated[1]} but its columns are of {year}", file=file, row=1)
    return year
