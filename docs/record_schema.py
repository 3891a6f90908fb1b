"""The JSON schema of `record.json`: `python docs/record_schema.py` writes `record.schema.json`."""

import json
from pathlib import Path
from typing import Any

from hrbench.report.record import SCHEMA, RunRecord

PAGE = Path(__file__).with_name("record.schema.json")


def schema() -> dict[str, Any]:
    """Return the schema of a record's file, as the model that reads it says."""
    made = RunRecord.model_json_schema(by_alias=True, mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A run of hrbench, schema {SCHEMA}",
        **{key: _said_once(value) for key, value in made.items() if key != "title"},
    }


def _said_once(value: Any) -> Any:
    """Return a part without the `enum` that older pydantics put beside a `const`."""
    if isinstance(value, list):
        return [_said_once(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _said_once(item)
        for key, item in value.items()
        if not (key == "enum" and "const" in value)
    }


def text() -> str:
    """Return the file."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), "utf-8")
