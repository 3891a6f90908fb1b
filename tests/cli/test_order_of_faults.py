"""A file of `-o` that is there already is told of last: it hides no other fault of a command."""

from pathlib import Path

import pytest
from cli.command import called, refused
from worlds import ran, small_lifter, small_weights, small_world

POSE = "coco-pose@tiny"
DATA, WEIGHTS, LIFTER = "DATA", "WEIGHTS", "LIFTER"  # in place of what is made when a test runs


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["browse", "coco-poze"], "no task is called 'coco-poze'"),
        (["browse", POSE, "--data", DATA, "--split", "trane"], "is called 'trane'"),
        (["browse", POSE, "--data", DATA, "--id", "none"], "--id none: none of the"),
        (["browse", POSE, "--set", "recipe.lrr=1"], "unknown key 'lrr'"),
        (["report", "none"], "none: no such run folder"),
        (["report", "--task", "coco-poze"], "no task is called 'coco-poze'"),
        (["bench", "--only", "feeed"], "no section is called 'feeed'"),
        (["bench", "--peer", "nowhere"], "--peer nowhere"),
        (["bundle", "none"], "none: no such run folder"),
        (["weights", "convert", LIFTER, "--names", "mmpose"], "mmpose names heatmap networks"),
        (["score", "latest", "--samples", "--set", "protocol.nmss=soft"], "'nmss'"),
        (["score", "latest", "--samples", "--decoder", "darkk"], "protocol: decoder"),
    ],
)
def test_a_file_that_is_there_hides_no_other_fault(
    command: list[str], words: str, tmp_path: Path
) -> None:
    made = {
        DATA: str(small_world()),
        WEIGHTS: str(small_weights(POSE)),
        LIFTER: str(small_lifter("h36m-lift@tiny")),
    }
    if command[0] == "score":
        where = {"data": made[DATA], "weights": made[WEIGHTS]}
        ran(POSE, tmp_path / "results" / "runs", **where, limit=1)
    ending = {"weights": "pth", "score": "csv"}.get(command[0], "txt")
    there = tmp_path / f"there.{ending}"
    there.write_text("mine")
    refused(
        called(tmp_path, *(made.get(word, word) for word in command), "-o", there.name), [words]
    )
    assert there.read_text() == "mine"
