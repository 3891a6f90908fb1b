import json
from pathlib import Path

import click
import pytest
from cli.command import called, refused

from hrbench.cli import main
from hrbench.commands.list import LISTS


def test_the_command_takes_what_there_are_lists_of() -> None:
    (what,) = (p for p in main.commands["list"].params if p.name == "what")
    assert isinstance(what.type, click.Choice)
    assert list(what.type.choices) == list(LISTS)


@pytest.mark.parametrize("what", ["datasets", "suites", "variants"])
def test_what_is_named_stands_in_the_text_and_in_json(what: str) -> None:
    listed = LISTS[what]()
    text = listed.text(80, False)  # noqa: FBT003  in colour or not
    assert listed.content
    assert all(name in text for name in listed.content)
    assert json.loads(json.dumps(listed.content)) == listed.content


def test_checkpoints_stand_by_the_name_that_fetches_them_in_80_columns() -> None:
    listed = LISTS["weights"]()
    lines = listed.text(80, False).splitlines()  # noqa: FBT003
    ways = {"by name": 0, "browser": 0, "by hand": 0}
    for row in listed.content:
        line = next(line for line in lines if line.startswith(f"{row['name']} "))
        assert line.endswith(row["fetch"])
        assert (row["fetch"] == "by hand") == (not row["url"])
        ways[row["fetch"]] += 1
    assert ways == {"by name": 110, "browser": 23, "by hand": 30}  # of results/weights.csv
    assert max(map(len, lines)) <= 80


def test_one_task_s_checkpoints_are_listed_alone(tmp_path: Path) -> None:
    ended = called(tmp_path, "list", "weights", "--task", "cofw", "--json")
    rows = json.loads(ended.out)
    assert {row["task"] for row in rows} == {"cofw"}
    names = [row["name"] for row in rows]
    assert "hrnetv2_w18_cofw_256x256-49243ab8_20211019.pth" in names
    refused(called(tmp_path, "list", "weights", "--task", "cows"), ["no task is called 'cows'"])
    assert called(tmp_path, "list", "tasks", "--task", "cofw").status == 2
