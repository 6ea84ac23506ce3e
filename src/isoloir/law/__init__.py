"""The law: dated rules with their sources, and one pure function that decides."""

from isoloir.law.decision import Decision, Duty, Reason, decide, require
from isoloir.law.facts import OPERATIONS, Facts, Operation
from isoloir.law.rules import Rule, cited, rules

__all__ = [
    "OPERATIONS",
    "Decision",
    "Duty",
    "Facts",
    "Operation",
    "Reason",
    "Rule",
    "cited",
    "decide",
    "require",
    "rules",
]
