"""A run starts its readers once: for training, and for what it is measured on."""

import multiprocessing
from pathlib import Path

import pytest
from worlds import small_world

from hrbench.begun.options import Options
from hrbench.commands.run import run
from hrbench.data import workers

EPOCHS = 2
SMALL = (f"recipe.epochs={EPOCHS}", "recipe.validate_every=1", "model.input=[64, 64]")


@pytest.mark.slow
def test_epochs_and_validations_share_their_readers_which_end_with_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started, begin = list[str](), workers.Readers.__init__

    def counted(self: workers.Readers[None], source: workers.Source[None], *rest: int) -> None:
        started.append(type(source).__name__)
        begin(self, source, *rest)

    monkeypatch.setattr(workers.Readers, "__init__", counted)
    data = str(small_world())
    options = Options(data=data, out=str(tmp_path), overrides=SMALL, boxes="gt", workers=1)
    run("coco-pose@tiny", options)
    assert sorted(started) == ["ImageCrops", "TrainingCrops"]
    assert not multiprocessing.active_children()
