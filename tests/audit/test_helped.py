"""Where no way to refuse is found, rules written for consent managers are asked, and what they press is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from sites import score
from sites.catalogue import helped

from isoloir.audit.visit.helped import installed


@pytest.mark.timeout(600)
def test_a_refusal_that_only_rules_find_leaves_the_question_open(tmp_path: Path) -> None:
    if not installed():
        pytest.skip("duckduckgo-autoconsent-py is not installed (make setup)")
    lines = score.run(helped().values(), tmp_path, packs=["cnil-2020"], depth=0)
    found = lines["ablehnen.test", "cnil-2020"]["obligations"]["refusal"]
    assert (found["verdict"], "Alle ablehnen" in found["why"]["en"]) == ("not_established", True)
    assert score.breached(lines["ok-sans-plus.test", "cnil-2020"]) == {"refusal", "withdrawal"}
