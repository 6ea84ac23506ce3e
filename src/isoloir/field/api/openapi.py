"""The description of the field's API (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from isoloir import __version__
from isoloir.field.channels import Channel
from isoloir.field.purposes import PURPOSES

_CHANNEL = {"enum": [one.value for one in Channel]}
_ID = {"name": "contact", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_CAMPAIGN = {
    "name": "campaign",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[-a-z0-9]+$"},
}
_ERROR = {"description": "what was wrong", "content": {"application/json": {"schema": {"type": "object", "properties": {
    "error": {"type": "object", "required": ["status", "code", "message"], "properties": {
        "status": {"type": "integer"}, "code": {"type": "string"}, "message": {"type": "string"}}}}}}}}  # fmt: skip
_REFUSALS = dict.fromkeys(("400", "401", "403", "404", "405", "422", "429"), _ERROR)
_WORDS = {"type": "string", "maxLength": 400}


@require_safe
def document(_: HttpRequest) -> JsonResponse:
    """The document itself: no campaign and no person is in it."""
    return JsonResponse(DOCUMENT)


def _operation(summary: str, *parameters: dict[str, Any], body: dict[str, Any] | None = None,
               required: tuple[str, ...] = ()) -> dict[str, Any]:  # fmt: skip
    answers = {"200": {"description": "done", "content": {"application/json": {"schema": {"type": "object"}}}}}
    told: dict[str, Any] = {"summary": summary, "responses": answers | _REFUSALS}
    if parameters:
        told["parameters"] = list(parameters)
    if body is not None:
        schema = {"type": "object", "properties": body, "required": list(required)}
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return told


_ASKED = {"name": "q", "in": "query", "schema": _WORDS}
_ADDRESS = {"channel": _CHANNEL, "address": _WORDS}
_PATHS: dict[str, dict[str, Any]] = {
    "counts": {"get": _operation("How many people are in the book")},
    "contacts": {"get": _operation("People by the beginning of their name", _ASKED)},
    "contacts/find": {"post": _operation("The person of an address", body=_ADDRESS, required=("channel", "address"))},
    "contacts/{contact}": {
        "get": _operation("One person", _ID),
        "patch": _operation("Correct what is held (RGPD, art. 16)", _ID,
                            body={name: {"type": "string"} for name in ("name", "email", "phone", "postal_code")}),
        "delete": _operation("Erase (RGPD, art. 17): the key is destroyed", _ID),
    },
    "contacts/{contact}/withdraw": {
        "post": _operation("Take back a consent", _ID, body={"purpose": {"enum": list(PURPOSES)}, "channel": _CHANNEL})
    },
    "objections": {
        "post": _operation("Whether an address objects; with add, it does from now on",
                           body=_ADDRESS | {"add": {"type": "boolean"}}, required=("channel", "address"))
    },
    "log/verification": {"get": _operation("Whether the audit log holds")},
}  # fmt: skip

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Isoloir, the field",
        "version": __version__,
        "description": "The contact book of one campaign, behind the law, the roles and the log of its pages.",
        "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
    },
    "security": [{"token": []}],
    "paths": {
        f"/api/field/{{campaign}}/{path}": {"parameters": [_CAMPAIGN], **methods} for path, methods in _PATHS.items()
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}
