"""A new master key opens what the old one did, wherever a process is killed; a journal that lost lines is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from newcomers import newcomer

from isoloir.errors import BookError
from isoloir.field import contacts, journal, log, recovery, rekeying, vault
from isoloir.field.models import Campaign
from isoloir.settings import settings

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


class Killed(BaseException):
    """Stands for signal 9: nothing of the code handles it."""


def _die(*_: object, **__: object) -> None:
    raise Killed


def _readable(campaign: Campaign, other: Campaign) -> bool:
    vault.forget()
    log.write(None, None, "look")
    both = [contacts.find(one, contacts.Channel.EMAIL, "zoe.brulefer1@exemple-courriel.fr", by=None)
            for one in (campaign, other)]  # fmt: skip
    return all(both) and not log.verify() and not log.verify_server()


@pytest.fixture
def two(campaign: Campaign, other: Campaign) -> tuple[Campaign, Campaign]:
    for one in (campaign, other):
        contacts.add(one, newcomer(1), by=None)
    log.write(None, None, "backup")
    return campaign, other


def test_a_new_master_key_opens_everything_and_the_old_one_nothing(two: tuple[Campaign, Campaign]) -> None:
    old = settings().master_key.read_text()
    for _ in range(2):
        assert rekeying.change_master_key() == 2
        assert _readable(*two)
    assert settings().master_key.stat().st_mode & 0o777 == 0o600
    settings().master_key.write_text(old)
    vault.forget()
    with pytest.raises(BookError, match="not the one"):
        vault.ring(two[0])


KILLS: list[tuple[str, Callable[[pytest.MonkeyPatch], None], bool]] = [
    ("before the new key is written", lambda patch: patch.setattr(vault, "write_key", _die), False),
    ("amid the rows", lambda patch: patch.setattr(rekeying, "_wrap_again", _die), False),
    ("after the commit", lambda patch: patch.setattr(rekeying, "_take_place", _die), True),
    ("after the new key took its place", lambda patch: patch.setattr(vault, "forget", _die), True),
]


@pytest.mark.parametrize(("when", "kill", "new"), KILLS, ids=[when for when, _, _ in KILLS])
def test_a_change_that_was_killed_is_finished_or_forgotten(
    when: str, kill: Callable[[pytest.MonkeyPatch], None], new: bool, two: tuple[Campaign, Campaign]
) -> None:
    old = settings().master_key.read_text()
    with pytest.MonkeyPatch.context() as patch:
        kill(patch)
        with pytest.raises(Killed):
            rekeying.change_master_key()
    assert _readable(*two), when
    rekeying.settle()
    assert not vault.coming().exists()
    assert (settings().master_key.read_text() != old) is new
    assert _readable(*two), when


def test_a_journal_that_lost_lines_is_refused_unless_it_is_accepted(campaign: Campaign, own_files: Path) -> None:
    added = contacts.add(campaign, newcomer(1), by=None)
    contacts.erase(campaign, added.contact_id, by=None, why="request")
    recovery.recover()
    settings().journal.rename(own_files / "elsewhere")
    with pytest.raises(BookError, match="accept-journal"):
        recovery.recover()
    (own_files / "elsewhere").rename(settings().journal)
    assert not recovery.recover()
    settings().journal.unlink()
    recovery.recover(accept_journal=True)
    assert journal.size() == 0
    assert not recovery.recover()
