"""JSON Schemas (2020-12) of the protocol's types."""

from collections.abc import Iterable
from typing import Any

import msgspec

from hubbub.domain.errors import HTTP_STATUS

Json = dict[str, Any]
API_VERSION = "1"  # of the protocol: under the same version nothing is taken away


def schemas(types: Iterable[Any]) -> tuple[list[Json], Json]:
    """A schema for each of the types, and the components that these refer to."""
    found, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    for component in components.values():
        _as_ecma(component)
        component["description"] = in_one_line(component["description"])
    if "ErrorView" in components:
        components["ErrorView"]["properties"]["code"]["examples"] = list(HTTP_STATUS)
    return [_as_ecma(schema) for schema in found], components


def _as_ecma(schema: Any) -> Any:
    """The schema with regular expressions as JSON Schema has them: there `$` is the end of the text."""
    for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _as_ecma(value)
    if isinstance(schema, dict) and isinstance(schema.get("pattern"), str):
        schema["pattern"] = schema["pattern"].replace(r"\Z", "$")
    return schema


def in_one_line(docstring: str | None) -> str:
    """A docstring without its line breaks."""
    return " ".join((docstring or "").split())
