"""The findings as data: one JSON document with a schema, and a CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from isoloir.audit.findings.model import Overall, Verdict
from isoloir.formulas import as_text

Line = dict[str, Any]
VERSION = 1


class Both(BaseModel):
    """A text in French and English."""

    model_config = ConfigDict(extra="forbid")
    fr: str
    en: str


class Rule(Both):
    """The dated rule that an obligation stands on; `to` is its last day, null while it holds."""

    id: str
    article: str
    link: str
    since: str = Field(alias="from", description="first day, ISO 8601")
    to: str | None
    force: Literal["law", "guidance", "policy"]


class Obligation(BaseModel):
    """How one obligation stands."""

    model_config = ConfigDict(extra="forbid")
    verdict: Verdict
    why: Both
    evidence: list[str] = Field(description="paths inside the site's evidence.json, such as visits/0/requests/12")
    rule: list[Rule]
    remarks: list[Both]
    measures: dict[str, Any] = Field(description="what was measured: layers, areas, contrasts, days")


class FindingsLine(BaseModel):
    """One site by one pack of rules: a line of findings.jsonl."""

    model_config = ConfigDict(extra="forbid")
    url: str
    rules: str = Field(description="the pack of rules")
    verdict: Overall
    why: Both
    observed: str = Field(description="when the visits began, ISO 8601, universal time")
    obligations: dict[str, Obligation]


class Report(BaseModel):
    """A whole run: report.json."""

    model_config = ConfigDict(extra="forbid")
    version: Literal[1]
    software: str
    findings: list[FindingsLine]


def schema() -> dict[str, Any]:
    """The JSON schema of report.json; `#/$defs/FindingsLine` is that of a line of findings.jsonl."""
    return Report.model_json_schema(by_alias=True)


def report(lines: Iterable[Line], software: str) -> dict[str, Any]:
    """A whole run as one document of that schema."""
    return {"version": VERSION, "software": software, "findings": list(lines)}


def spreadsheet(lines: Iterable[Line]) -> str:
    """A row per site and pack of rules, a column per obligation: empty where the pack does not judge it."""
    lines = list(lines)
    obligations = list(dict.fromkeys(name for line in lines for name in line["obligations"]))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(["url", "rules", "verdict", "observed", *obligations, "why_fr", "why_en"])
    for line in lines:
        found = line["obligations"]
        verdicts = [found[name]["verdict"] if name in found else "" for name in obligations]
        row = [line["url"], line["rules"], line["verdict"], line["observed"], *verdicts, *line["why"].values()]
        writer.writerow([as_text(cell) for cell in row])
    return buffer.getvalue()
