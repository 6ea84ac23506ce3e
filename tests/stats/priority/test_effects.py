"""Priors: named, sourced, drawn as they say; a wrong file is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isoloir.errors import SettingsError
from isoloir.stats.priority import effects
from isoloir.stats.priority.effects import RANGES, draw_effects


def test_every_prior_has_a_source_and_the_default_reaches_zero() -> None:
    every = effects()
    assert all(prior.source for prior in every.priors.values())
    for kind in ("legi", "pres", "muni"):
        chosen = every.chosen(kind)
        assert set(chosen) == set(RANGES)
        for channel in ("persuasion", "mobilisation"):
            drawn = chosen[channel].draw(np.random.default_rng(0), 2000)
            assert np.quantile(drawn, 0.05) <= 0 < np.quantile(drawn, 0.95)


def test_a_presidential_election_mobilises_less() -> None:
    assert effects().chosen("pres")["mobilisation"].name == "wide_mobilisation_presidential"
    assert effects().chosen("legi")["mobilisation"].name == "wide_mobilisation"


def test_a_prior_is_drawn_as_it_says() -> None:
    prior = effects().priors["wide_persuasion"]
    drawn = prior.draw(np.random.default_rng(1), 20_000)
    assert (drawn == 0).mean() == pytest.approx(prior.nothing, abs=0.01)
    some = drawn[drawn != 0]
    assert prior.low <= some.min() < some.max() <= prior.high
    assert some.mean() == pytest.approx((prior.low + prior.likely + prior.high) / 3, rel=0.02)


def test_a_published_effect_can_be_chosen_for_every_type_of_election() -> None:
    chosen = effects().choose(["green_mcgrath_aronow_2013", "pons_2018_round_1"])
    for kind in ("legi", "pres"):
        assert chosen.chosen(kind)["mobilisation"].name == "green_mcgrath_aronow_2013"
        assert chosen.chosen(kind)["persuasion"].name == "pons_2018_round_1"
    with pytest.raises(SettingsError, match="no prior is called magic"):
        effects().choose(["magic"])


def test_a_file_of_ones_own_need_hold_only_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "effects.toml"
    file.write_text(
        '[[prior]]\nname="ours"\nchannel="persuasion"\nlow=0.02\nlikely=0.02\nhigh=0.02\nsource="our own campaign"\n'
    )
    every = effects(file)
    assert every.chosen("legi")["persuasion"].name == "ours"
    assert every.chosen("legi")["opening"] == effects().chosen("legi")["opening"]
    assert (draw_effects(every, "legi", 50, np.random.default_rng(0)).persuasion == 0.02).all()


GOOD = 'name="x"\nchannel="persuasion"\nlow=0.0\nlikely=0.1\nhigh=0.2\nsource="s"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not toml", "not a list of priors"),
        ("[[prior]]\n" + GOOD.replace("persuasion", "magic"), "of no channel"),
        ("[[prior]]\n" + GOOD.replace("high=0.2", "high=0.05"), "low <= likely <= high"),
        ("[[prior]]\n" + GOOD.replace("high=0.2", "high=1.5"), "low <= likely <= high"),
        ("[[prior]]\n" + GOOD.replace("high=0.2", "high=nan"), "no number"),
        ("[[prior]]\n" + GOOD.replace('source="s"', 'source=""'), "needs a source"),
        ("[[prior]]\n" + GOOD + "nothing=2.0\n", "chance of nothing"),
        ("[[prior]]\n" + GOOD + "colour=1\n", "not a list of priors"),
        ('[use]\nopening="pons_2018_round_1"\n', "names no prior of that channel"),
        ('[use]\npersuasion="nobody"\n', "names no prior of that channel"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "effects.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=complaint):
        effects(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        effects(tmp_path / "none.toml")
