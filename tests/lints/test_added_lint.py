"""A lint that is added by its line is named by check, stops a run, and is let pass by its name."""

from pathlib import Path

import pytest
from dots import BRIEF, DATASET, TASK, write_dots

from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands.check.check import check
from hrbench.data.annotated import Annotations
from hrbench.data.faults import Fault, fault_of
from hrbench.errors import DataError
from hrbench.lints import plausible
from hrbench.lints.plausible import Labels


def alone(table: Annotations, _: Labels) -> list[Fault]:
    """Return the objects, where no image has two."""
    kind = "objects that are alone in their image"
    return fault_of(kind, [f"id {number}" for number in table.ids], name="alone")


def test_a_lint_that_is_added_is_named_stops_a_run_and_is_let_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plausible, "LINTS", (*plausible.LINTS, alone))
    folder = write_dots(tmp_path / "dots")
    train, _ = check(str(folder / DATASET), str(folder), images=False).splits
    (fault,) = [one for one in train.faults if one.name == "alone"]
    assert fault.fatal
    assert str(fault).startswith("objects that are alone in their image: 10 (id ")
    task, out = f"{folder / TASK}@tiny", str(tmp_path / "runs")
    with pytest.raises(DataError, match=r"alone in their image: 10 .*`--allow alone` goes on"):
        running.run(task, Options(data=str(folder), out=out, overrides=BRIEF, device="cpu"))
    options = Options(
        data=str(folder), out=out, overrides=BRIEF, allow=("alone",), workers=0, device="cpu"
    )
    done = running.run(task, options)
    assert done is not None
    assert any("(--allow alone)" in note for note in done[0].notes)
