"""The pages that anybody opens: no account, no cookie, no script, nothing of a third party."""

from isoloir.field.public.consents import mine, unsubscribe
from isoloir.field.public.joining import confirm, confirm_once, embed, join

__all__ = ["confirm", "confirm_once", "embed", "join", "mine", "unsubscribe"]
