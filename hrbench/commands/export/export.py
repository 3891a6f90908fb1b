"""One file from a task and its weights: traced, described, written, checked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

import hrbench
from hrbench.begun.options import Options
from hrbench.commands.export import checking, writing
from hrbench.commands.export.checking import Check, Split
from hrbench.commands.export.running import opened
from hrbench.engine.runtime import machine_limits
from hrbench.errors import RunError
from hrbench.formats import location
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.deployable import Deployable, Run
from hrbench.kinds.registry import kind_of
from hrbench.road.loading import Loaded, load
from hrbench.road.telling import tell


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written."""

    path: Path
    takes: str  # the input, in words
    gives: tuple[str, ...]  # the outputs
    about: dict[str, Any]  # what the file says of itself
    check: Check | None  # None: not asked for

    def content(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "file": str(self.path),
            "bytes": self.path.stat().st_size,
            "input": self.takes,
            "outputs": self.gives,
            "about": self.about,
            "check": self.check and self.check.content(),
        }

    def text(self) -> str:
        """Return it in a few lines."""
        size = self.path.stat().st_size / 1e6
        lines = [
            f"wrote: {self.path} ({size:.1f} MB)",
            f"takes: {self.takes}",
            *(f"gives: {words}" for words in self.gives),
        ]
        if self.check is not None:
            parts = [self.check.parity, self.check.figure]
            lines += [f"check: {part.words}" for part in parts if part is not None]
        return "\n".join(lines)


def export(
    task: str,
    options: Options,
    path: Path,
    *,
    check: bool = False,
    images: Sequence[Path] = (),
    force: bool = False,
) -> Exported:
    """Write the network of a task, with all that is around it, into one file.

    With `check` the file is run on synthetic inputs, on `images`, and on the protocol's split
    where there is data, before it gets its name: one that differs from PyTorch is not kept. A
    file that is there already is replaced with `force` alone.

    Raises:
        HrbenchError: the weights do not fit, the file cannot be written, or it differs.
    """
    writing.require_writable(path, run=check)
    loaded = load(task, options)
    deployed = deployable(loaded)
    trial = prepared(deployed, loaded.network, images) if check else None
    with writing.whole(path, force=force) as partial:
        about = description(deployed, loaded.sha256)
        writing.save(writing.trace(deployed), deployed, about, partial)
        with machine_limits():
            compared = None if trial is None else tried(deployed, opened(partial), trial)
    words = tuple(port.words for port in deployed.gives)
    return Exported(path, deployed.takes.words, words, about, compared)


def deployable(loaded: Loaded) -> Deployable[Any, Any]:
    """Return what of a task with its weights is exported.

    Raises:
        RunError: its protocol does what no graph of one input can.
    """
    spec = loaded.task.spec
    if spec.protocol.precision != "fp32":
        raise RunError(
            f"protocol.precision is {spec.protocol.precision}, and an exported file computes in "
            "fp32: leave that key out"
        )
    return kind_of(spec).deployable(loaded.task, loaded.network)


def description(deployed: Deployable[Any, Any], sha256: str | None) -> dict[str, Any]:
    """Return what a file says of itself: plain JSON values by name."""
    spec = deployed.task.spec
    return {
        "hrbench_version": hrbench.__version__,
        "task": spec.name,
        "variant": spec.variant,
        "network": spec.model.words,
        "weights_sha256": sha256,
        "input": deployed.takes.words,
        "outputs": [port.words for port in deployed.gives],
        **deployed.about(),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What a file is compared with PyTorch on."""

    inputs: NDArray[Any]
    split: Split | None  # None: there is no data


def prepared(deployed: Deployable[Any, Any], network: nn.Module, images: Sequence[Path]) -> Trial:
    """Read what a file is compared on, before anything that takes long.

    Raises:
        HrbenchError: an image or the split cannot be read.
    """
    inputs = deployed.synthetic()
    if images:
        inputs = np.concatenate([inputs, deployed.of_images(images)])
    return Trial(inputs, _split(deployed.task, network))


def tried(deployed: Deployable[Any, Any], run: Run, trial: Trial) -> Check:
    """Compare a file with PyTorch.

    Raises:
        RunError: they differ by more than rounding.
    """
    parity = checking.parity(deployed, run, trial.inputs)
    _require(parity.ok, parity.words)
    figure = None if trial.split is None else checking.figure(deployed, run, trial.split)
    if figure is not None:
        _require(figure.ok, figure.words)
    return Check(parity, figure)


def _split(task: AnyTask, network: nn.Module) -> Split | None:
    """Return what the figure is compared on, if there are data."""
    spec, dataset, options = task.spec, task.dataset, task.options
    synthetic = location.folder_of(dataset, options.data) is None
    if synthetic and spec.builtin is None:
        tell("No data named and no synthetic set of its kind: the metric is not compared.")
        return None
    if synthetic:
        tell("No data named: the metric is compared on the built-in synthetic set.")
    there = replace(task, data_root=location.locate(dataset, options.data, spec.builtin))
    return Split(there, network, there.evaluation())


def _require(ok: bool, words: str) -> None:
    if not ok:
        raise RunError(
            f"the exported file is not what PyTorch computes, so it was not kept: {words}; try "
            "another version of onnxruntime, or report it with `hrbench doctor`"
        )
