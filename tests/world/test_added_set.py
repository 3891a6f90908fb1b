"""A synthetic set that is added by its line is made where there is no data, and trained on."""

from pathlib import Path

import pytest
from dots import ANNOTATIONS, BRIEF, DATASET, TASK, edit_toml, write_dots

from hrbench import world
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.world.making import Counts, Making


def write(folder: Path, making: Making) -> Counts:
    write_dots(folder, making.images)
    return {"train": {"images": making.images}}


def test_a_synthetic_set_that_is_added_is_made_trained_on_and_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(world.WRITERS, "dots", write)
    monkeypatch.setenv("HRBENCH_CACHE", str(tmp_path / "cache"))
    mine = write_dots(tmp_path / "mine")
    (mine / ANNOTATIONS).unlink()  # the folder has what is said of the files, and no file
    edit_toml(mine / DATASET, lambda said: said.update(folder="dots"))
    edit_toml(mine / TASK, lambda said: said.update(builtin={"variant": "tiny", "images": 10}))
    options = Options(
        data="builtin", out=str(tmp_path / "runs"), overrides=BRIEF, workers=0, device="cpu"
    )
    done = running.run(str(mine / TASK), options)
    assert done is not None
    record, _ = done
    assert record.variant == "tiny"
    assert record.synthetic
    assert record.n.evaluated == 2  # a fifth of the ten pictures
    (made,) = (tmp_path / "cache" / "worlds").iterdir()
    assert world.is_synthetic(made / "dots")
