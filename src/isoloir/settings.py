"""Every setting: name, default, unit, help. Each can be given as an environment variable `ISOLOIR_<NAME>`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import platformdirs
from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from isoloir.errors import SettingsError


class Settings(BaseSettings):
    """Read once, from the environment."""

    model_config = SettingsConfigDict(env_prefix="ISOLOIR_", frozen=True)

    cache: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("isoloir")),
        description="where downloaded official files are kept",
    )
    database: Path = Field(default=Path("isoloir.duckdb"), description="the station database")
    threads: int = Field(default=0, ge=0, description="threads to use; 0 means all cores")
    memory_gb: float = Field(default=4.0, gt=0.2, description="memory that DuckDB may use, in GB")
    book: Path = Field(
        default=Path("isoloir-book.sqlite3"), description="the contact book, where no DATABASE_URL is given"
    )
    keys: Path = Field(
        default=Path("isoloir-keys.sqlite3"),
        description="the keys of the contact book, where no KEYS_DATABASE_URL is given; backed up apart from the book",
    )
    master_key: Path = Field(
        default=Path("isoloir.key"),
        description="the file that opens the keys; made at first use, readable by its owner only; in no backup",
    )
    export_alone: int = Field(
        default=200, ge=0, description="people that one member may export alone; above, a second one has to approve"
    )
    staging: Path = Field(
        default=Path("isoloir-staging"),
        description="where uploads wait, sealed, between preview and import; a day at most",
    )
    listmonk_user: str = Field(default="", description="the API user of the listmonk server that exports are pushed to")
    listmonk_token: str = Field(default="", repr=False, description="its token")
    journal: Path = Field(
        default=Path("isoloir-journal.jsonl"),
        description="the journal of erasures, objections and withdrawals, replayed by a restore; copy it elsewhere",
    )
    watched: Path = Field(
        default=Path("isoloir-watched"),
        description="the folder of the evidence of watched sites, one run beside the other",
    )
    database_url: str = Field(
        default="",
        validation_alias=AliasChoices("DATABASE_URL", "ISOLOIR_DATABASE_URL"),
        description="the contact book on PostgreSQL, as postgresql://user:password@host/name",
    )
    keys_database_url: str = Field(
        default="",
        validation_alias=AliasChoices("KEYS_DATABASE_URL", "ISOLOIR_KEYS_DATABASE_URL"),
        description="its keys on PostgreSQL, in another database",
    )
    language: str = Field(default="", pattern="^(fr|en|)$", description="fr or en; empty: the system's language")
    host: str = Field(default="127.0.0.1", description="address that the pages are served at")
    port: int = Field(default=8017, ge=0, le=65535, description="port that the pages are served at; 0: any free one")
    hosts: str = Field(default="", description="other names that the pages may be asked for by, separated by commas")
    public_url: str = Field(
        default="",
        description="where the pages are reached from outside, as https://example.org; links in mails begin so",
    )
    smtp_url: str = Field(
        default="", description="the mail server, as smtp+starttls://user:password@host:587 (or smtps://, smtp://)"
    )
    mail_from: str = Field(
        default="", description="address that mails are sent from; empty: the contact address of each campaign"
    )
    sms_url: str = Field(
        default="",
        description="the gateway that sends text messages, as https://sms.example.org/send; empty: none are offered",
    )
    sms_token: str = Field(
        default="", repr=False, description="the gateway's token, sent as `Authorization: Bearer <token>`"
    )
    sms_body: str = Field(
        default='{"to": "{to}", "text": "{text}"}',
        description="what is posted to the gateway: JSON, in which {to} and {text} are put",
    )
    proxies: int = Field(default=0, ge=0, description="proxies in front of the server, which tell whose request it is")
    secret_key: str = Field(default="", description="signs what the pages must trust; empty: a new one at each start")


@cache
def settings() -> Settings:
    """The settings of this process; raise SettingsError where one makes no sense."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"ISOLOIR_{'_'.join(map(str, first['loc'])).upper()}"
        raise SettingsError(f"{name}={first['input']!r}: {first['msg']}") from None


def folder_of(database: Path) -> Path:
    """Where the map of a station database lies: beside it. Here, so that a command of the field loads no map for it."""
    return database.absolute().with_suffix(".map")
