"""Where a run's data are, by the process of it that asks."""

from pathlib import Path
from typing import Any

import pytest
import torch

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.engine.runtime import Runtime
from hrbench.formats import location
from hrbench.formats.location import DataRoot
from hrbench.road.reading import located


@pytest.mark.parametrize(("rank", "order"), [(0, ["made", "met"]), (1, ["met", "made"])])
def test_of_several_processes_the_leading_one_makes_the_synthetic_set(
    rank: int, order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def make(*_: Any) -> DataRoot:
        done.append("made")
        return DataRoot(Path("there"), synthetic=True)

    def meet(_: Runtime, value: object) -> object:
        done.append("met")
        return value

    monkeypatch.setattr(location, "locate", make)
    monkeypatch.setattr(Runtime, "first", meet)
    spec = catalog.load_task("coco-pose@tiny")
    options = Options(data=location.BUILTIN)
    runtime = Runtime(torch.device("cpu"), rank, world=2)
    root = located(spec, catalog.load_dataset(spec.dataset), options, runtime)
    assert root.folder == Path("there")
    assert done == order
