"""The description of the API (OpenAPI 3.1): what each address gives, for people and programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from isoloir import __version__
from isoloir.maps.exports import KINDS

_ID = {"type": "string", "examples": ["75056_0101"], "description": "commune code, _, station code"}
_STATIONS = {"type": "array", "items": _ID, "minItems": 1, "maxItems": 100_000}
_ELECTION = {"type": "string", "examples": ["2022_pres_t1"]}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_ERROR = {
    "description": "what was wrong",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_REFUSALS = dict.fromkeys(("400", "404", "405", "503"), _ERROR)


@require_safe
def document(_: HttpRequest) -> JsonResponse:
    """The document itself."""
    return JsonResponse(DOCUMENT)


def _answer(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _get(summary: str, what: str, schema: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    answers = {"200": _answer(what, schema), **_REFUSALS}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": answers}}


def _post(summary: str, properties: dict[str, Any], required: list[str], answer: dict[str, Any]) -> dict[str, Any]:
    body = {"type": "object", "properties": properties, "required": required}
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {"200": answer, "422": _ERROR, **_REFUSALS},
        }
    }


def _file(name: dict[str, Any], kind: str, what: str) -> dict[str, Any]:
    return {
        "get": {
            "summary": what,
            "parameters": [name],
            "responses": {"200": {"description": what, "content": {kind: {}}}, **_REFUSALS},
        }
    }


def _in_path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


_OBJECT = {"type": "object"}
_TABLE = {"type": "array", "items": {"type": "array", "items": _SHARE}}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Isoloir",
        "version": __version__,
        "description": "The figures of the map. No person is in them: stations only, none below 11 households.",
        "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
    },
    "paths": {
        "/api/stations/{station_id}": _get(
            "The figures of one station",
            "Rounds, profile, ranking, past, stations alike",
            _OBJECT,
            _in_path("station_id", _ID),
        ),
        "/api/search": _get(
            "Communes and stations by name or code",
            "At most twelve, communes first",
            {"type": "object", "properties": {"found": {"type": "array", "items": _OBJECT}}},
            {"name": "q", "in": "query", "schema": {"type": "string", "maxLength": 100}},
        ),
        "/api/transitions": _post(
            "Who moved where between two rounds, among the voters of some stations",
            {"stations": _STATIONS, "from": _ELECTION, "to": _ELECTION},
            ["stations", "from", "to"],
            _answer(
                "Shares with their 90 % intervals",
                {"type": "object", "properties": {"shares": _TABLE, "low": _TABLE, "high": _TABLE}},
            ),
        ),
        "/api/export": _post(
            "Some stations as a file",
            {"stations": _STATIONS, "format": {"enum": list(KINDS), "default": "csv"}},
            ["stations"],
            {"description": "the file", "content": {kind: {} for kind in KINDS.values()}},
        ),
        "/api/openapi.json": _get("This document", "OpenAPI 3.1", _OBJECT),
        "/data/index.json": _get("What there is to show", "Rounds, blocs, variables, rankings, where to look", _OBJECT),
        "/data/stations.json": _get("The stations in order", "Their ids, constituencies and communes", _OBJECT),
        "/data/places.json": _get("What can be searched", "Communes, venues and where they are", _OBJECT),
        "/data/{archive}": _file(
            _in_path("archive", {"enum": ["stations.pmtiles", "stations.mosaic.pmtiles"]}),
            "application/vnd.pmtiles",
            "An archive of tiles; ranges are served",
        ),
        "/data/values/{column}": _file(
            _in_path("column", {"type": "string"}),
            "application/octet-stream",
            "One number per station: .f32 or .u8, in the order of the list",
        ),
    },
    "components": {
        "schemas": {
            "Error": {
                "type": "object",
                "properties": {
                    "error": {
                        "type": "object",
                        "properties": {
                            "status": {"type": "integer"},
                            "code": {"type": "string"},
                            "message": {"type": "string"},
                        },
                    }
                },
            }
        }
    },
}
