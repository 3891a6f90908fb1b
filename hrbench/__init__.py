"""One HRNet, one command, one honest number."""

from typing import TYPE_CHECKING

from hrbench import threads

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from hrbench.commands.predict.from_python import Model

__all__ = ["load", "runs"]
__version__ = "0.1.0"

threads.wait_asleep()  # here, because it must be before torch is loaded


def load(
    task: str | None = None,
    weights: str = "",
    *,
    device: str = "auto",
    batch: int = 32,
    overrides: tuple[str, ...] = (),
    allow: tuple[str, ...] = (),
) -> "Model":
    """Return a network that finds keypoints, or classes, in pictures, or lifts keypoints.

    Args:
        task: NAME, NAME@VARIANT or a TOML file; without one that of the run that the weights are
            of. What is no task, and stands alone, is the weights: load("hf:ORG/REPO").
        weights: a run, a checkpoint in any layout that `hrbench weights inspect` knows, or the
            name of one as `hrbench weights fetch` takes it, "hf:ORG/REPO" for all that
            `hrbench publish` wrote; or that folder.
        device: auto, cpu, cuda, or any other of torch's.
        batch: boxes that go through the network at once.
        overrides: `KEY=VALUE`, as `--set` has them: ("protocol.flip_test=false",).
        allow: as `--allow` has it: ("other-keypoints",) for weights that were trained for others,
            ("outside",) for boxes outside of the picture.

    Raises:
        HrbenchError: the task is not known, or the weights are not of its network.
    """
    from hrbench import catalog  # noqa: PLC0415
    from hrbench.begun.options import Options  # noqa: PLC0415
    from hrbench.commands.predict.from_python import model_of  # noqa: PLC0415
    from hrbench.engine.runtime import Runtime, choose_device  # noqa: PLC0415  torch takes seconds
    from hrbench.errors import RunError  # noqa: PLC0415
    from hrbench.road import loading  # noqa: PLC0415

    if not weights and task is not None and not catalog.is_task(task):
        loading.require_known(task)
        weights, task = task, None
    if not weights:
        raise RunError("hrbench.load(task, weights): name the weights, a run or a checkpoint")
    options = Options(weights=str(weights), device=device, overrides=overrides, allow=allow)
    loaded = loading.load(task, options)
    return model_of(loaded, Runtime(choose_device(device)), batch)


def runs(*names: "str | Path", strict: bool = True) -> "pd.DataFrame":
    """Return runs as a data frame, one row each; docs/records.md has its columns.

    Args:
        names: folders of runs, or runs: a folder, its name, the beginning of its id, "latest".
            Without one all that are under results/runs.
        strict: whether a damaged record is an error; else it is left out with a warning. What has
            not ended is left out.

    Raises:
        HrbenchError: a name stands for no run, or for several; a record is damaged.
    """
    import warnings  # noqa: PLC0415

    from hrbench.report import frame, run_folders  # noqa: PLC0415  pandas takes its time
    from hrbench.report import runs as folders  # noqa: PLC0415

    read = folders.load([str(name) for name in names], run_folders.RUNS, strict=strict)
    for sentence in read.damaged:
        warnings.warn(sentence, stacklevel=2)
    return frame.frame(read)
