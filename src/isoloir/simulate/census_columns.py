"""How the population divides, and how INSEE's columns add up from the parts.

`SPLITS` go from the population to the finest counts ("atoms"): a share of the parent for an average place, and slopes
over the traits of `people.TRAITS`. `THEMES` gives each official column as the atoms that it sums; names are INSEE's
without the year (`P_POP0002` is `P21_POP0002` in the file of 2021).
"""

from __future__ import annotations

from dataclasses import dataclass, field

Slopes = dict[str, float]


@dataclass(frozen=True)
class Split:
    """`of` (atoms, or POP) times `scale` divides into `children`: base share and slopes."""

    of: tuple[str, ...]
    children: dict[str, tuple[float, Slopes]]
    scale: float = 1.0


@dataclass(frozen=True)
class Theme:
    """An official file: its columns in order, each the atoms that it sums."""

    name: str
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)


# Age bands fine enough for every band that INSEE prints: share of the population, women's share, slope on age.
AGES = {
    "0002": (3.1, 0.49, -0.42), "0305": (3.3, 0.49, -0.40), "0610": (6.0, 0.49, -0.36), "1114": (5.0, 0.49, -0.32),
    "1517": (3.7, 0.49, -0.28), "1819": (2.4, 0.49, -0.45), "2024": (5.9, 0.50, -0.50), "2529": (5.7, 0.50, -0.42),
    "3039": (12.3, 0.51, -0.32), "4044": (6.1, 0.51, -0.22), "4554": (13.2, 0.51, -0.08), "5559": (6.6, 0.51, 0.10),
    "6064": (6.2, 0.52, 0.25), "6574": (11.0, 0.53, 0.40), "7579": (3.4, 0.56, 0.50), "80P": (6.1, 0.63, 0.58),
}  # fmt: skip
_BANDS = {
    "0002": "0002", "0305": "0305", "0610": "0610", "1117": "1114 1517", "1824": "1819 2024", "2539": "2529 3039",
    "4054": "4044 4554", "5564": "5559 6064", "6579": "6574 7579", "80P": "80P", "0014": "0002 0305 0610 1114",
    "1529": "1517 1819 2024 2529", "3044": "3039 4044", "4559": "4554 5559", "6074": "6064 6574", "75P": "7579 80P",
    "0019": "0002 0305 0610 1114 1517 1819", "2064": "2024 2529 3039 4044 4554 5559 6064", "65P": "6574 7579 80P",
    "15P": "1517 1819 2024 2529 3039 4044 4554 5559 6064 6574 7579 80P", "1524": "1517 1819 2024",
    "2554": "2529 3039 4044 4554", "1564": "1517 1819 2024 2529 3039 4044 4554 5559 6064",
    "0205": "0305", "1114": "1114", "1517": "1517", "2529": "2529", "30P": "3039 4044 4554 5559 6064 6574 7579 80P",
}  # fmt: skip


def _people(band: str, sexes: str = "HF") -> tuple[str, ...]:
    return tuple(f"{sex}_{age}" for sex in sexes for age in _BANDS[band].split())


def _age_children() -> dict[str, tuple[float, Slopes]]:
    out: dict[str, tuple[float, Slopes]] = {}
    for age, (share, women, slope) in AGES.items():
        young = {"1819": 0.25, "2024": 0.35, "2529": 0.25}.get(age, 0.0)
        child = 0.22 if age in ("0002", "0305", "0610", "1114", "1517") else 0.0
        slopes = {"age": slope, "urban": young, "family": child}
        out[f"H_{age}"], out[f"F_{age}"] = (share * (1 - women), slopes), (share * women, slopes)
    return out


_CS: dict[str, tuple[float, Slopes]] = {
    "CS1": (0.8, {"urban": -0.9}),
    "CS2": (3.4, {"wealth": 0.15}),
    "CS3": (9.6, {"education": 0.65, "wealth": 0.2, "urban": 0.25}),
    "CS4": (14.0, {"education": 0.2}),
    "CS5": (16.0, {"precarity": 0.08, "education": -0.1}),
    "CS6": (12.0, {"education": -0.45, "urban": -0.1, "precarity": 0.1}),
    "CS7": (27.0, {"age": 0.5}),
    "CS8": (17.0, {"precarity": 0.3, "age": -0.3}),
}
_ACTIVITY: dict[str, dict[str, tuple[float, Slopes]]] = {
    "1524": {
        "OCC": (30, {"education": -0.05}), "CHOM": (8, {"precarity": 0.35, "education": -0.1}),
        "ETUD": (55, {"education": 0.25, "urban": 0.15}), "RETR": (0.1, {}), "AINACT": (7, {"precarity": 0.2}),
    },
    "2554": {
        "OCC": (81, {"precarity": -0.08}), "CHOM": (9.5, {"precarity": 0.38, "education": -0.12}),
        "ETUD": (1.3, {"urban": 0.3}), "RETR": (0.3, {}), "AINACT": (8, {"precarity": 0.3}),
    },
    "5564": {
        "OCC": (50, {"education": 0.12}), "CHOM": (5.5, {"precarity": 0.33}), "ETUD": (0.1, {}),
        "RETR": (35, {"education": -0.1}), "AINACT": (9, {"precarity": 0.25}),
    },
}  # fmt: skip
_DIPLOMA: dict[str, tuple[float, Slopes]] = {
    "DIPLMIN": (21, {"education": -0.45, "precarity": 0.15, "age": 0.1}), "BEPC": (5.5, {"education": -0.15}),
    "CAPBEP": (25, {"education": -0.25, "urban": -0.1}), "BAC": (17, {}), "SUP2": (11, {"education": 0.2}),
    "SUP34": (10, {"education": 0.45, "urban": 0.1}), "SUP5": (10.5, {"education": 0.75, "urban": 0.2}),
}  # fmt: skip
_OCC = tuple(f"{sex}OCC{band}" for sex in "HF" for band in _ACTIVITY)
_TENURE = ("RP_PROP", "RP_LOCPRIV", "RP_LOCHLMV", "RP_GRAT")
_JOBS: dict[str, tuple[float, Slopes]] = {
    "SAL15P_CDI": (73, {"wealth": 0.05}), "SAL15P_CDD": (8.5, {"precarity": 0.15}),
    "SAL15P_INTERIM": (2.0, {"precarity": 0.3}), "SAL15P_EMPAID": (0.6, {"precarity": 0.4}),
    "SAL15P_APPR": (2.8, {"age": -0.2}), "NSAL15P_INDEP": (7.5, {"urban": -0.2, "wealth": 0.1}),
    "NSAL15P_EMPLOY": (5.2, {"wealth": 0.25}), "NSAL15P_AIDFAM": (0.3, {"urban": -0.6}),
}  # fmt: skip
_COMMUTE: dict[str, tuple[float, Slopes]] = {
    "PAS": (4.2, {"urban": -0.2}), "MAR": (6.0, {"urban": 0.3}), "VELO": (2.4, {"urban": 0.4, "education": 0.3}),
    "2ROUESMOT": (1.7, {}), "VOIT": (72, {"urban": -0.25}), "TCOM": (13, {"urban": 0.75, "wealth": -0.05}),
}  # fmt: skip

SPLITS: tuple[Split, ...] = (
    Split(("POP",), _age_children()),
    Split(("POP",), {"FR": (92.5, {}), "ETR": (7.5, {"precarity": 0.55, "urban": 0.25})}),
    Split(("ETR",), {"IMM": (1.0, {})}, 1.3),
    Split(("POP",), {"PMEN": (98, {}), "PHORMEN": (2, {"age": 0.3, "urban": 0.2})}),
    Split(_people("15P", "H"), {f"H_{cs}": v for cs, v in _CS.items()}),
    Split(_people("15P", "F"), {f"F_{cs}": v for cs, v in _CS.items()}),
    *(
        Split(_people(band, sex), {f"{sex}{status}{band}": v for status, v in kinds.items()})
        for band, kinds in _ACTIVITY.items()
        for sex in "HF"
    ),
    Split(_OCC, {"OCC65": (1.0, {"age": 0.15})}, 0.015),
    Split((*_OCC, "OCC65"), _JOBS),
    Split((*_OCC, "OCC65"), {"ACTOCC15P_TP": (18, {"precarity": 0.08}), "FULL": (82, {})}),
    Split((*_OCC, "OCC65"), {"ILT1": (34, {"urban": 0.45}), "ILT2P": (66, {})}),
    Split((*_OCC, "OCC65"), {f"WAY_{way}": v for way, v in _COMMUTE.items()}),
    *(
        Split(_people(band), {f"SCOL{band}": (share, {}), f"NOT{band}": (100 - share, {"precarity": 0.2})})
        for band, share in {"0205": 74, "0610": 98, "1114": 98.5, "1517": 95, "1824": 52, "2529": 8, "30P": 1}.items()
    ),
    Split(_people("15P", "H"), {f"H_{d}": v for d, v in _DIPLOMA.items()}, 0.90),
    Split(_people("15P", "F"), {f"F_{d}": v for d, v in _DIPLOMA.items()}, 0.90),
    Split(
        ("PMEN",),
        {
            "MENHSEUL": (15.5, {"urban": 0.2, "precarity": 0.12}),
            "MENFSEUL": (21, {"urban": 0.15, "age": 0.3}),
            "MENSFAM": (2.4, {"urban": 0.3}),
            "MENCOUPSENF": (26, {"age": 0.25}),
            "MENCOUPAENF": (25.5, {"family": 0.3, "age": -0.3}),
            "MENHMONO": (1.7, {"precarity": 0.15}),
            "MENFMONO": (7.9, {"precarity": 0.35, "age": -0.15}),
        },
        0.455,
    ),
    Split(
        ("MENHSEUL", "MENFSEUL", "MENSFAM", "MENCOUPSENF", "MENCOUPAENF", "MENHMONO", "MENFMONO"),
        {
            "RP_PROP": (57, {"urban": -0.35, "wealth": 0.3, "age": 0.25}),
            "RP_LOCPRIV": (25, {"urban": 0.35, "age": -0.2}),
            "RP_LOCHLMV": (15, {"precarity": 0.85, "urban": 0.3}),
            "RP_GRAT": (2.3, {}),
        },
    ),
    Split(_TENURE, {"RSECOCC": (1.0, {"urban": -0.7, "age": 0.5})}, 0.11),
    Split(_TENURE, {"LOGVAC": (1.0, {"urban": -0.05, "precarity": 0.15})}, 0.092),
    Split((*_TENURE, "RSECOCC", "LOGVAC"), {"MAISON": (56, {"urban": -0.75}), "APPART": (44, {"urban": 0.55})}),
    Split(
        _TENURE,
        {
            "RP_1P": (6, {"urban": 0.55}), "RP_2P": (13, {"urban": 0.4}), "RP_3P": (20.5, {"urban": 0.15}),
            "RP_4P": (25, {}), "RP_5PP": (35.5, {"urban": -0.3, "wealth": 0.25, "family": 0.15}),
        },
    ),
    Split(
        _TENURE,
        {
            "RP_ACH1919": (13, {"urban": -0.2, "age": 0.2}), "RP_ACH1945": (9, {}), "RP_ACH1970": (22, {"urban": 0.25}),
            "RP_ACH1990": (28, {}), "RP_ACH2005": (16, {"family": 0.2}), "RP_ACH2018": (12, {"family": 0.3}),
        },
    ),
    Split(
        _TENURE,
        {"VOIT0": (19, {"urban": 0.65}), "VOIT1": (47, {}), "VOIT2P": (34, {"urban": -0.35, "wealth": 0.15})},
    ),
    Split(_TENURE, {"RP_GARL": (64, {"urban": -0.2}), "NOGAR": (36, {"urban": 0.3})}),
    Split(
        _TENURE,
        {
            "RP_CCCOLL": (17, {"urban": 0.6}), "RP_CCIND": (37, {}), "RP_CINDELEC": (32, {"precarity": 0.05}),
            "RP_CAUT": (14, {"urban": -0.6}),
        },
    ),
    Split(
        _TENURE,
        {
            "MEN_ANEM0002": (12.5, {"urban": 0.2, "age": -0.3}), "MEN_ANEM0204": (20, {"age": -0.2}),
            "MEN_ANEM0509": (19, {}), "MEN_ANEM10P": (48.5, {"age": 0.3}),
        },
    ),
    Split(
        ("MENCOUPSENF", "MENCOUPAENF", "MENHMONO", "MENFMONO"),
        {
            "NE24F0": (47, {"age": 0.3}), "NE24F1": (23, {}), "NE24F2": (20.5, {"family": 0.25}),
            "NE24F3": (7, {"family": 0.35, "precarity": 0.2}), "NE24F4P": (2.5, {"precarity": 0.5, "family": 0.3}),
        },
    ),
    Split(
        _people("15P"),
        {
            "MARIEE": (41, {"age": 0.15, "family": 0.1}), "PACSEE": (5, {"education": 0.2}),
            "CONCUB_UNION_LIBRE": (13.5, {"age": -0.15}), "VEUFS": (7, {"age": 0.5}),
            "DIVORCEE": (7.5, {"precarity": 0.1}), "CELIBATAIRE": (26, {"urban": 0.15, "age": -0.25}),
        },
    ),
    Split(_TENURE, {f"MEN_{cs}": v for cs, v in _CS.items()}),
)  # fmt: skip


_MARITAL = ("MARIEE", "PACSEE", "CONCUB_UNION_LIBRE", "VEUFS", "DIVORCEE", "CELIBATAIRE")


def _activity(status: str, band: str, sexes: str = "HF") -> tuple[str, ...]:
    bands = ("1524", "2554", "5564") if band == "1564" else (band,)
    return tuple(f"{sex}{s}{b}" for sex in sexes for s in status.split() for b in bands)


def _structure() -> Theme:
    out: dict[str, tuple[str, ...]] = {"P_POP": tuple(f"{s}_{a}" for s in "HF" for a in AGES)}
    fine = ("0002", "0305", "0610", "1117", "1824", "2539", "4054", "5564", "6579", "80P")
    broad = ("0014", "1529", "3044", "4559", "6074", "75P", "0019", "2064", "65P")
    out |= {f"P_POP{band}": _people(band) for band in (*fine, *broad)}
    for sex in "HF":
        out[f"P_POP{sex}"] = tuple(f"{sex}_{a}" for a in AGES)
        out |= {f"P_{sex}{band}": _people(band, sex) for band in broad}
    out["C_POP15P"] = tuple(f"{s}_{cs}" for s in "HF" for cs in _CS)
    out |= {f"C_POP15P_{cs}": (f"H_{cs}", f"F_{cs}") for cs in _CS}
    for sex in "HF":
        out[f"C_{sex}15P"] = tuple(f"{sex}_{cs}" for cs in _CS)
        out |= {f"C_{sex}15P_{cs}": (f"{sex}_{cs}",) for cs in _CS}
    out |= {"P_POP_FR": ("FR",), "P_POP_ETR": ("ETR",), "P_POP_IMM": ("IMM",)}
    return Theme("evol-struct-pop", out | {"P_PMEN": ("PMEN",), "P_PHORMEN": ("PHORMEN",)})


def _work() -> Theme:
    out: dict[str, tuple[str, ...]] = {}
    bands = ("1564", "1524", "2554", "5564")
    for prefix, sexes in (("POP", "HF"), ("H", "H"), ("F", "F")):
        out |= {f"P_{prefix}{band}": _people(band, sexes) for band in bands}
    for label, status in (("ACT", "OCC CHOM"), ("ACTOCC", "OCC"), ("CHOM", "CHOM"), ("INACT", "ETUD RETR AINACT")):
        for prefix, sexes in (("", "HF"), ("H", "H"), ("F", "F")):
            some = bands if label in ("ACT", "ACTOCC") or not prefix else ("1564",)
            out |= {f"P_{prefix}{label}{band}": _activity(status, band, sexes) for band in some}
    out |= {f"P_{s}1564": _activity(s, "1564") for s in ("ETUD", "RETR", "AINACT")}
    working = (*_OCC, "OCC65")
    out["P_ACTOCC15P"] = working
    out["P_SAL15P"] = tuple(j for j in _JOBS if j.startswith("SAL"))
    out["P_NSAL15P"] = tuple(j for j in _JOBS if j.startswith("NSAL"))
    out["P_ACTOCC15P_TP"] = ("ACTOCC15P_TP",)
    out |= {f"P_{job}": (job,) for job in _JOBS}
    out |= {"P_ACTOCC15P_ILT1": ("ILT1",), "P_ACTOCC15P_ILT2P": ("ILT2P",)}
    out["C_ACTOCC15P"] = tuple(f"WAY_{way}" for way in _COMMUTE)
    out |= {f"C_ACTOCC15P_{way}": (f"WAY_{way}",) for way in _COMMUTE}
    return Theme("activite-residents", out)


def _schooling() -> Theme:
    bands = ("0205", "0610", "1114", "1517", "1824", "2529", "30P")
    out = {f"P_POP{band}": _people(band) for band in bands}
    out |= {f"P_SCOL{band}": (f"SCOL{band}",) for band in bands}
    for prefix, sexes in (("", "HF"), ("H", "H"), ("F", "F")):
        out[f"P_{prefix}NSCOL15P"] = tuple(f"{s}_{d}" for s in sexes for d in _DIPLOMA)
        out |= {f"P_{prefix}NSCOL15P_{d}": tuple(f"{s}_{d}" for s in sexes) for d in _DIPLOMA}
    return Theme("diplomes-formation", out)


def _housing() -> Theme:
    rooms = ("RP_1P", "RP_2P", "RP_3P", "RP_4P", "RP_5PP")
    built = ("RP_ACH1919", "RP_ACH1945", "RP_ACH1970", "RP_ACH1990", "RP_ACH2005", "RP_ACH2018")
    moved = ("MEN_ANEM0002", "MEN_ANEM0204", "MEN_ANEM0509", "MEN_ANEM10P")
    out: dict[str, tuple[str, ...]] = {"P_LOG": (*_TENURE, "RSECOCC", "LOGVAC"), "P_RP": _TENURE}
    out |= {f"P_{c}": (c,) for c in ("RSECOCC", "LOGVAC", "MAISON", "APPART", *rooms)}
    out |= {"P_RP_ACHTOT": built} | {f"P_{c}": (c,) for c in built}
    out |= {"P_MEN": _TENURE} | {f"P_{c}": (c,) for c in moved} | {"P_PMEN": ("PMEN",)}
    out |= {"P_RP_PROP": ("RP_PROP",), "P_RP_LOC": ("RP_LOCPRIV", "RP_LOCHLMV"), "P_RP_LOCHLMV": ("RP_LOCHLMV",)}
    out |= {f"P_{c}": (c,) for c in ("RP_GRAT", "RP_CCCOLL", "RP_CCIND", "RP_CINDELEC", "RP_GARL")}
    return Theme(
        "logement", out | {"P_RP_VOIT1P": ("VOIT1", "VOIT2P"), "P_RP_VOIT1": ("VOIT1",), "P_RP_VOIT2P": ("VOIT2P",)}
    )


def _households() -> Theme:
    family = ("MENCOUPSENF", "MENCOUPAENF", "MENHMONO", "MENFMONO")
    out: dict[str, tuple[str, ...]] = {"C_MEN": ("MENHSEUL", "MENFSEUL", "MENSFAM", *family)}
    out |= {"C_MENPSEUL": ("MENHSEUL", "MENFSEUL")} | {f"C_{c}": (c,) for c in ("MENHSEUL", "MENFSEUL", "MENSFAM")}
    out |= {"C_MENFAM": family, "C_MENCOUPSENF": ("MENCOUPSENF",), "C_MENCOUPAENF": ("MENCOUPAENF",)}
    out |= {"C_MENFAMMONO": ("MENHMONO", "MENFMONO"), "C_PMEN": ("PMEN",), "P_POP15P": _people("15P")}
    out |= {f"P_POP15P_{c}": (c,) for c in _MARITAL}
    out |= {"C_FAM": family, "C_COUPAENF": ("MENCOUPAENF",), "C_FAMMONO": ("MENHMONO", "MENFMONO")}
    out |= {"C_HMONO": ("MENHMONO",), "C_FMONO": ("MENFMONO",), "C_COUPSENF": ("MENCOUPSENF",)}
    out |= {f"C_{c}": (c,) for c in ("NE24F0", "NE24F1", "NE24F2", "NE24F3", "NE24F4P")}
    return Theme("couples-familles-menages", out | {f"C_MEN_{cs}": (f"MEN_{cs}",) for cs in _CS})


THEMES: tuple[Theme, ...] = (_structure(), _work(), _schooling(), _housing(), _households())
