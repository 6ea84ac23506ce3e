"""The pages of the field; one module a subject."""

from isoloir.field.pages.accounts import account, invitation
from isoloir.field.pages.campaigns import campaign, home

__all__ = ["account", "campaign", "home", "invitation"]
