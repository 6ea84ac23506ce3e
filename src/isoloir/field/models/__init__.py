"""What the field keeps; one module a subject."""

from isoloir.field.models.accounts import User
from isoloir.field.models.cache import CacheEntry
from isoloir.field.models.campaigns import Campaign, Membership
from isoloir.field.models.canvass import (
    Building,
    Claim,
    Drawn,
    KeepAway,
    Pace,
    Pass,
    Phone,
    Question,
    Report,
    SignUp,
    StationShape,
    Tally,
    Turf,
    TurfMap,
    Unit,
)
from isoloir.field.models.contacts import BookSize, Contact, Merge
from isoloir.field.models.exchange import ExportRequest, ImportBatch
from isoloir.field.models.front import Front, Ticket
from isoloir.field.models.invitations import Invitation
from isoloir.field.models.ledger import ConsentEntry, Wording
from isoloir.field.models.log import JournalMark, LogEntry, LogHead
from isoloir.field.models.mailings import Delivery, Mailing
from isoloir.field.models.rights import Breach, Processor, Request
from isoloir.field.models.suppression import Suppression

__all__ = [
    "BookSize",
    "Breach",
    "Building",
    "CacheEntry",
    "Campaign",
    "Claim",
    "ConsentEntry",
    "Contact",
    "Delivery",
    "Drawn",
    "ExportRequest",
    "Front",
    "ImportBatch",
    "Invitation",
    "JournalMark",
    "KeepAway",
    "LogEntry",
    "LogHead",
    "Mailing",
    "Membership",
    "Merge",
    "Pace",
    "Pass",
    "Phone",
    "Processor",
    "Question",
    "Report",
    "Request",
    "SignUp",
    "StationShape",
    "Suppression",
    "Tally",
    "Ticket",
    "Turf",
    "TurfMap",
    "Unit",
    "User",
    "Wording",
]
