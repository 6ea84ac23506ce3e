"""The pages of the field; one module a subject."""

from isoloir.field.pages.campaigns import campaign, home

__all__ = ["campaign", "home"]
