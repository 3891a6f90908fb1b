"""One file from a task and its weights: traced, described, written, checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import hrbench
from hrbench.commands.export import checking, writing
from hrbench.commands.export.checking import Check
from hrbench.commands.export.running import opened
from hrbench.engine.runtime import machine_limits
from hrbench.errors import RunError
from hrbench.formats import location
from hrbench.kinds.contract import Task
from hrbench.kinds.deployable import Deployable, Run
from hrbench.kinds.registry import kind_of
from hrbench.road.loading import load
from hrbench.road.training import tell
from hrbench.runs.options import Options


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
    writing.require_writable(path, run=check, force=force)
    with writing.whole(path) as partial:
        deployed = deployable(load(task, options))
        trial = prepared(deployed, images) if check else None
        about = description(deployed)
        writing.save(writing.trace(deployed), deployed, about, partial)
        with machine_limits():
            compared = None if trial is None else tried(deployed, opened(partial), trial)
    words = tuple(port.words for port in deployed.gives)
    return Exported(path, deployed.takes.words, words, about, compared)


def deployable(task: Task[Any]) -> Deployable[Any, Any]:
    """Return what of a task with its weights is exported.

    Raises:
        RunError: its protocol does what no graph of one input can.
    """
    if task.spec.protocol.precision != "fp32":
        raise RunError(
            f"protocol.precision is {task.spec.protocol.precision}, and an exported file computes "
            "in fp32: leave that key out"
        )
    return kind_of(task.spec).deployable(task)


def description(deployed: Deployable[Any, Any]) -> dict[str, Any]:
    """Return what a file says of itself: plain JSON values by name."""
    job = deployed.job
    return {
        "hrbench_version": hrbench.__version__,
        "task": job.spec.name,
        "variant": job.spec.variant,
        "network": job.spec.model.words,
        "weights_sha256": job.sha256,
        "input": deployed.takes.words,
        "outputs": [port.words for port in deployed.gives],
        **deployed.about(),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What a file is compared with PyTorch on."""

    inputs: NDArray[Any]
    has_split: bool  # the task has looked at one


def prepared(deployed: Deployable[Any, Any], images: Sequence[Path]) -> Trial:
    """Read what a file is compared on, before anything that takes long.

    Raises:
        HrbenchError: an image or the split cannot be read.
    """
    inputs = deployed.synthetic()
    if images:
        inputs = np.concatenate([inputs, deployed.of_images(images)])
    return Trial(inputs, _has_split(deployed))


def tried(deployed: Deployable[Any, Any], run: Run, trial: Trial) -> Check:
    """Compare a file with PyTorch.

    Raises:
        RunError: they differ by more than rounding.
    """
    parity = checking.parity(deployed, run, trial.inputs)
    _require(parity.ok, parity.words)
    figure = checking.figure(deployed, run) if trial.has_split else None
    if figure is not None:
        _require(figure.ok, figure.words)
    return Check(parity, figure)


def _has_split(deployed: Deployable[Any, Any]) -> bool:
    """Let the job look at its split; tell whether there is one."""
    job = deployed.job
    synthetic = location.folder_of(job.dataset, job.options.data) is None
    if synthetic and job.spec.builtin is None:
        tell("No data named and no synthetic set of its kind: the metric is not compared.")
        return False
    if synthetic:
        tell("No data named: the metric is compared on the built-in synthetic set.")
    job.data_root = location.locate(job.dataset, job.options.data, job.spec.builtin)
    job.look()
    return True


def _require(ok: bool, words: str) -> None:
    if not ok:
        raise RunError(
            f"the exported file is not what PyTorch computes, so it was not kept: {words}; try "
            "another version of onnxruntime, or report it with `hrbench doctor`"
        )
