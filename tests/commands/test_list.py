import json

import click
import pytest

from hrbench.cli import main
from hrbench.commands.list import LISTS


def test_the_command_takes_what_there_are_lists_of() -> None:
    (what,) = (p for p in main.commands["list"].params if p.name == "what")
    assert isinstance(what.type, click.Choice)
    assert list(what.type.choices) == list(LISTS)


@pytest.mark.parametrize("what", ["datasets", "variants"])
def test_what_is_named_stands_in_the_text_and_in_json(what: str) -> None:
    listed = LISTS[what]()
    text = listed.text(80, False)  # noqa: FBT003  in colour or not
    assert listed.content
    assert all(name in text for name in listed.content)
    assert json.loads(json.dumps(listed.content)) == listed.content


def test_checkpoints_are_a_row_each() -> None:
    listed = LISTS["weights"]()
    files = [row["file"] for row in listed.content]
    text = listed.text(80, False)  # noqa: FBT003
    assert len(set(files)) > 10
    assert all(name in text for name in files)
