"""The pages of the field; one module a subject."""

from isoloir.field.pages.campaigns import account, campaign, home

__all__ = ["account", "campaign", "home"]
