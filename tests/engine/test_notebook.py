"""What a notebook shows of long steps: a real kernel runs its cells."""

import sys
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from worlds import small_weights

from hrbench.engine.notebook import Line, content

INSIDE = """
import time
from hrbench.engine.progress import Steps
with Steps("training <fast>", 3) as steps:
    steps.advance()
    with Steps("validating", 4) as inner:
        inner.advance(4)
        time.sleep(0.3)
    steps.tell("epoch 1/1: AP 3.0 %")
    steps.note = "loss 0.5"
    steps.advance(2)
"""
AGAIN = """
with Steps("predicting", 5) as steps:
    steps.advance(5)
"""
STOPPED = """
with Steps("reading", 9) as steps:
    steps.advance(4)
    raise KeyboardInterrupt
"""
PROGRAM = """
from hrbench.engine import progress
progress.LINES_EVERY = 0.0
with progress.Steps("reading", 3) as steps:
    for _ in range(3):
        steps.advance()
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """What stands below each cell after a kernel has run them."""
    program = tmp_path_factory.mktemp("cell") / "program.py"
    program.write_text(PROGRAM, "utf-8")
    return executed(INSIDE, AGAIN, f"!{sys.executable} {program}", STOPPED)


def executed(*texts: str) -> list[list[Any]]:
    made: Any = nbformat.v4  # untyped
    notebook = made.new_notebook(cells=[made.new_code_cell(text) for text in texts])
    NotebookClient(notebook, kernel_name="python3", timeout=120, allow_errors=True).execute()
    return [cell.outputs for cell in notebook.cells]


def test_steps_inside_each_other_leave_one_line_and_what_was_told(outputs: list[list[Any]]) -> None:
    shown, told = outputs[0]
    assert shown.data["text/plain"] == "training <fast> 3/3  took 0:00:00  loss 0.5"
    assert (
        '<progress value="3" max="3"></progress> training &lt;fast&gt;' in shown.data["text/html"]
    )
    assert "validating" not in shown.data["text/html"]
    assert (told.name, told.text) == ("stderr", "epoch 1/1: AP 3.0 %\n")


def test_the_next_cell_has_a_display_of_its_own(outputs: list[list[Any]]) -> None:
    (shown,) = outputs[1]
    assert shown.data["text/plain"] == "predicting 5/5  took 0:00:00"


def test_what_a_cell_starts_writes_lines_and_moves_no_cursor(outputs: list[list[Any]]) -> None:
    text = "".join(stream.text for stream in outputs[2])  # more than one on a busy machine
    lines = text.split("\r\n")
    assert lines[0].startswith("reading 1/3")
    assert lines[2:] == ["reading 3/3  took 0:00:00", ""]
    assert "\x1b" not in text


def test_what_is_stopped_says_how_far_it_was(outputs: list[list[Any]]) -> None:
    shown, error = outputs[3]
    assert shown.data["text/plain"].startswith("reading 4/9")
    assert error.ename == "KeyboardInterrupt"


def test_a_line_of_each_of_the_steps_is_shown_while_they_last() -> None:
    lines = {1: Line("training 1/3", 1, 3), 2: Line("reading 0/0", 0, 0)}
    shown = content(lines)
    assert shown["text/plain"] == "training 1/3\nreading 0/0"
    assert shown["text/html"].count("<progress") == 2
    assert 'max="0"' not in shown["text/html"]


@pytest.mark.slow
def test_many_pictures_that_are_predicted_are_counted_below_the_cell() -> None:
    code = (
        "import numpy, hrbench\n"
        f"model = hrbench.load('coco-pose@tiny', {str(small_weights('coco-pose@tiny'))!r})\n"
        "picture = numpy.zeros((64, 64, 3), numpy.uint8)\n"
    )
    outputs = executed(code, "found = model.predict([picture] * 17, boxes='whole')")
    (shown,) = (one for one in outputs[1] if one.output_type == "display_data")
    assert shown.data["text/plain"].startswith("predicting 17/17")
