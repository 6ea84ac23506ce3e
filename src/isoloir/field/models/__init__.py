"""What the field keeps; one module a subject."""

from isoloir.field.models.accounts import User
from isoloir.field.models.campaigns import Campaign, Membership

__all__ = ["Campaign", "Membership", "User"]
