"""What the tests of the field share: campaigns, accounts, and the append-only tables that a test may yet empty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connections
from gateway import Gateway, listening

from isoloir.field import vault
from isoloir.field.models import Campaign, Membership, User
from isoloir.field.roles import Role
from isoloir.field.triggers import guards, unguards
from isoloir.settings import settings

APPEND_ONLY = ("field_wording", "field_consententry", "field_suppression", "field_logentry")


@pytest.fixture(scope="session", autouse=True)
def _flush_lifts_guards(django_db_setup: None) -> Iterator[None]:  # noqa: ARG001
    """Django empties the tables after a test with real transactions: only then do the guards step aside."""
    connection = connections["default"]
    original = connection.ops.execute_sql_flush

    def flush(statements: list[str]) -> None:
        with connection.cursor() as cursor:
            for statement in unguards(connection.vendor, APPEND_ONLY):
                cursor.execute(statement)
        try:
            original(statements)
        finally:
            with connection.cursor() as cursor:
                for statement in guards(connection.vendor, APPEND_ONLY):
                    cursor.execute(statement)

    connection.ops.execute_sql_flush = flush
    yield
    connection.ops.execute_sql_flush = original


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Each test has a master key and a journal of its own."""
    monkeypatch.setenv("ISOLOIR_MASTER_KEY", str(tmp_path / "isoloir.key"))
    monkeypatch.setenv("ISOLOIR_JOURNAL", str(tmp_path / "journal.jsonl"))
    settings.cache_clear()
    vault.forget()
    yield tmp_path
    monkeypatch.undo()
    settings.cache_clear()
    vault.forget()


@pytest.fixture
def campaign(db: None) -> Campaign:  # noqa: ARG001
    return Campaign.objects.create(
        slug="nord", name="Nord", controller="Le comité, 1 rue X", contact="dpo@example.org",
        first_round_on=date(2027, 4, 11), vote_on=date(2027, 4, 25), nonprofit=True,
    )  # fmt: skip


@pytest.fixture
def other(db: None) -> Campaign:  # noqa: ARG001
    return Campaign.objects.create(
        slug="sud", name="Sud", controller="Le comité, 2 rue Y", contact="dpo@example.net", vote_on=date(2027, 4, 25)
    )


@pytest.fixture
def officer(campaign: Campaign) -> User:
    user = User.objects.create_user("officer@example.org", "a long enough password")
    Membership.objects.create(user=user, campaign=campaign, role=Role.OFFICER)
    return user


@pytest.fixture
def gateway(own_files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:  # noqa: ARG001 (settings are read again after it)
    """Text messages go to a gateway of this test."""
    with listening() as found:
        monkeypatch.setenv("ISOLOIR_SMS_URL", found.address)
        monkeypatch.setenv("ISOLOIR_SMS_TOKEN", "of this test")
        settings.cache_clear()
        yield found
    settings.cache_clear()
