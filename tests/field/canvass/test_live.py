"""What those who watch a board share is there while they watch, and no longer."""

from __future__ import annotations

import asyncio

import pytest

from isoloir.field.canvass import live
from isoloir.field.models import Campaign


def test_a_look_is_shared_by_who_watches_and_goes_with_the_last_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def fragment(campaign: Campaign, language: str) -> str:
        drawn.append((campaign.slug, language))
        return language

    async def watch() -> None:
        before = len(live._looks)
        for number in range(50):
            campaign = Campaign(slug=f"c{number}")
            streams = [live.events(campaign, language, fragment) for language in ("fr", "fr", "en")]
            first = [await anext(stream) for stream in streams]
            assert first == [f"event: board\ndata: {language}\n\n" for language in ("fr", "fr", "en")]
            assert len(live._looks) == before + 2
            for stream in streams:
                await stream.aclose()  # type: ignore[attr-defined]
        assert len(live._looks) == before

    monkeypatch.setattr(live, "mark", lambda _: 1)
    monkeypatch.setattr(live, "LOOK", 60.0)
    asyncio.run(watch())
    assert len(drawn) == len(set(drawn)) == 100
