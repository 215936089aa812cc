"""The API's description in OpenAPI 3.1, made from the records themselves: `make openapi` writes openapi.json."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from exporter.board.series import Series
from exporter.board.state import Board

FILE: Final = Path(__file__).parent / "openapi.json"
_COMPONENTS: Final = "#/components/schemas/{name}"


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, text: str, *, required: bool = True, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": text,
        "schema": {"type": "string", **schema},
    }


def document() -> dict[str, Any]:
    """The whole description."""
    (board, series), components = msgspec.json.schema_components((Board, Series), ref_template=_COMPONENTS)
    problem = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Efir live state",
            "version": "1",
            "description": "What vantages measured, per network and platform. "
            "A state of null means that nothing is known.",
        },
        "paths": {
            "/api/v1/state": {
                "get": {
                    "summary": "What stands now, the last 24 hours and 30 days, changes, event windows",
                    "responses": {"200": _json("The board", board)},
                }
            },
            "/api/v1/history": {
                "get": {
                    "summary": "One platform in one network over the last 30 days",
                    "parameters": [
                        _parameter("asn", "AS number, or unknown"),
                        _parameter("country", "Country as in /api/v1/state"),
                        _parameter("platform", "Platform's id"),
                        _parameter(
                            "resolution", "hour or day", required=False, enum=["hour", "day"], default="hour"
                        ),
                    ],
                    "responses": {
                        "200": _json("Its hours or days, oldest first", series),
                        "400": _json("What is wrong with the question", problem),
                    },
                }
            },
        },
        "components": {"schemas": components},
    }


def text() -> str:
    """As it stands in the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
