"""What a kind of task gives to the commands, which know no kind."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hrbench.backbone.anatomy import Anatomy
from hrbench.backbone.weights import Checkpoint
from hrbench.begun import provenance
from hrbench.begun.options import Options
from hrbench.draw.browsed import Browsed
from hrbench.engine.runtime import Runtime
from hrbench.errors import suggest
from hrbench.formats.location import DataRoot
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.deployable import Deployable
from hrbench.kinds.predictor import Continuation, PicturePredictor
from hrbench.kinds.profiled import Profiled
from hrbench.spec import DatasetSpec

Refusal = tuple[tuple[str, ...], str]  # the dotted keys that say it; a sentence


def unknown(key: str, name: str, known: Collection[str]) -> Iterator[Refusal]:
    """Yield that a dotted key names what is not registered, where it does."""
    if name not in known:
        words = f"{key.replace('.', ': ')}: none is called '{name}'"
        yield (key,), f"{words}. {suggest(name, known)}"


def _no_keys(*_: Any) -> list[str]:
    return []


def _no_refusals(_: Any) -> Iterator[Refusal]:
    return iter(())


def _nothing_wrong(*_: Any) -> None:
    return None


def _as_any(path: Path, _: Any) -> Checkpoint:
    return provenance.read(path)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Kind:
    """What differs between kinds of task: the task itself, and what commands need besides.

    A spec is one of the kind's own class of `spec.TASKS`. What is wrong is an `HrbenchError`.
    """

    # (spec, dataset, data_root, options): the task itself.
    task: Callable[[Any, DatasetSpec, DataRoot, Options], AnyTask]
    # (options, spec, checkpoint): the keys that the kind's flags set; `checkpoint` is evaluated.
    overrides: Callable[[Options, Any, Checkpoint | None], list[str]]
    # (spec, dataset, options, checkpoint): the keys that the dataset or the weights decide, where
    # the task leaves them open.
    settled: Callable[[Any, DatasetSpec, Options, Checkpoint | None], list[str]] = _no_keys
    # (spec): what it says that no registry has, or that does not go together with such a name.
    refusals: Callable[[Any], Iterator[Refusal]] = _no_refusals
    # (spec, dataset): refuse what could not be measured, or trained as the recipe says.
    require_measurable: Callable[[Any, DatasetSpec], None]
    require_trainable: Callable[[Any, DatasetSpec], None] = _nothing_wrong
    # (path, spec): the weights of a file, for the network of a task; of any release that it knows.
    read: Callable[[Path, Any], Checkpoint] = _as_any
    # (checkpoint, its anatomy, spec, dataset): whether the network may be the task's.
    fits: Callable[[Checkpoint, Anatomy, Any, DatasetSpec], bool]
    # Options that are this kind's, and what is said of them to a task of another, `{task}`.
    flags: Mapping[str, str] = field(default_factory=dict)
    # (task): what it is trained on, to be looked at.
    browsed: Callable[[Any], Browsed]
    # (task, network): one graph with everything around the network, to export.
    deployable: Callable[[Any, Any], Deployable[Any, Any]]
    # (task, network): how its predictions are timed, and its network is counted.
    profiled: Callable[[Any, Any], Profiled]
    # (task, network, runtime, how many boxes at once): what predicts in pictures; None of a kind
    # that goes on from keypoints and the like.
    of_pictures: Callable[[Any, Any, Runtime, int], PicturePredictor] | None = None
    # (task, network, runtime): what goes on from a folder that `hrbench predict` has written.
    of_predictions: Callable[[Any, Any, Runtime], Continuation] | None = None
