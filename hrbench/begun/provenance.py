"""Where weights come from, and whether their outputs are what a task takes them for."""

from dataclasses import replace
from pathlib import Path

from hrbench import catalog
from hrbench.backbone import about, weights
from hrbench.backbone.about import About
from hrbench.backbone.registry import backbone_of
from hrbench.backbone.weights import Checkpoint
from hrbench.begun import folder as run_folder
from hrbench.errors import HrbenchError, WeightsError
from hrbench.report import checkpoints
from hrbench.report.published import Row
from hrbench.report.run_folders import SPEC
from hrbench.spec import DatasetSpec, ImageModel, Split, TaskSpec

KEYPOINTS, CLASSES = "other-keypoints", "other-classes"  # what `--allow` takes


def of_run(checkpoint: Path) -> Path | None:
    """Return the spec's file of the run that weights lie in; None where they lie elsewhere."""
    file = checkpoint.parent.parent / SPEC
    return file if file.is_file() else None


def read(path: Path, part: str = "") -> Checkpoint:
    """Return a checkpoint with what is known of it: by itself, its run or its publisher.

    Raises:
        WeightsError: see `backbone.weights.read`.
    """
    return identified(weights.read(path, part))


def identified(checkpoint: Checkpoint) -> Checkpoint:
    """Return a checkpoint with what its run or its publisher says, where it says nothing itself."""
    if checkpoint.about is not None:
        return checkpoint
    about = _of_its_run(checkpoint) or _of_its_publisher(checkpoint)
    return replace(checkpoint, about=about)


def _of_its_run(checkpoint: Checkpoint) -> About | None:
    if of_run(checkpoint.path) is None:
        return None
    try:
        spec, dataset, state = run_folder.read(checkpoint.path.parent.parent)
    except HrbenchError:  # a folder that looks like a run's
        return None
    said = state.weights or {}
    seen = tuple(said.get("seen_datasets", trained_on(spec, dataset)))
    init = said.get("init", "unknown")
    return of_training(spec, dataset, seen, init, synthetic=state.synthetic)


def published(checkpoint: Checkpoint) -> list[Row]:
    """Return the rows of the published weights that have a file's hash."""
    return checkpoints.named(checkpoints.read(catalog.published_weights()), checkpoint.sha256)


def _of_its_publisher(checkpoint: Checkpoint) -> About | None:
    rows = published(checkpoint)
    if not rows:
        return None
    spec = catalog.load_task(rows[0]["task"])
    return About(
        task=spec.name,
        variant=rows[0]["variant"],
        outputs=outputs(catalog.load_dataset(spec.dataset)),
        color=None,
        seen_datasets=(),
        init="unknown",
    )


def of_training(
    spec: TaskSpec, dataset: DatasetSpec, seen: tuple[str, ...], init: str, *, synthetic: bool
) -> About:
    """Return what is said of the weights that a training by a spec comes to."""
    return About(
        task=spec.name,
        variant=spec.variant,
        outputs=outputs(dataset),
        color=getattr(spec.model, "color", None),
        backbone=getattr(spec.model, "backbone", ""),
        mean=getattr(spec.model, "mean", None),
        std=getattr(spec.model, "std", None),
        seen_datasets=seen,
        init=init,
        synthetic=synthetic,
        division=_division(spec.protocol.train_split, dataset),
    )


def trained_on(spec: TaskSpec, dataset: DatasetSpec) -> tuple[str, ...]:
    """Return what a training by a spec sees."""
    return (f"{dataset.name}/{spec.protocol.train_split}", *spec.protocol.extra_data)


def outputs(dataset: DatasetSpec) -> tuple[str, ...]:
    """Return what a network's outputs are called, in their order."""
    return dataset.keypoints or tuple(dataset.classes)


def other_outputs(before: About | None, dataset: DatasetSpec) -> str:
    """Return in words how weights are of other outputs than a dataset's; nothing if they are not.

    Another number of them is not told: then the shapes do not fit, which is said elsewhere.
    """
    ours = outputs(dataset)
    if before is None or len(before.outputs) != len(ours) or about.same(before.outputs, ours):
        return ""
    pairs = zip(before.outputs, ours, strict=True)
    theirs, wanted = next(pair for pair in pairs if not about.same(pair[:1], pair[1:]))
    return (
        f"trained for {before.name}, whose {'keypoints' if dataset.keypoints else 'classes'} are "
        f"others than those of {dataset.name}: {theirs} is in the place of {wanted}"
    )


def other_statistics(before: About | None, spec: TaskSpec) -> str:
    """Return in a sentence how weights had images normalised otherwise; nothing if they had not."""
    model = spec.model
    if before is None or not isinstance(model, ImageModel):
        return ""
    own = backbone_of(model.backbone, model.input).input
    theirs, ours = ((said.mean or own.mean, said.std or own.deviation) for said in (before, model))
    if theirs == ours:
        return ""
    then, now = (f"mean {_colors(mean)} and std {_colors(std)}" for mean, std in (theirs, ours))
    return (
        f"The weights were trained on images normalised by {then}, and here they are by {now} "
        "(model.mean, model.std)."
    )


def _colors(values: tuple[float, float, float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def require_same_outputs(
    checkpoint: Checkpoint, dataset: DatasetSpec, allow: tuple[str, ...]
) -> None:
    """Refuse weights whose outputs are others than a dataset's, unless somebody insists.

    Raises:
        WeightsError: they are, and nobody does.
    """
    words, name = other_outputs(checkpoint.about, dataset), _name(dataset)
    if words and name not in allow:
        raise WeightsError(
            f"{checkpoint.path} was {words}; start a training from it with --init, or `--allow "
            f"{name}` goes on all the same"
        )


def _name(dataset: DatasetSpec) -> str:
    return KEYPOINTS if dataset.keypoints else CLASSES


def notes(
    before: About, spec: TaskSpec, dataset: DatasetSpec, *, synthetic: bool
) -> tuple[str, ...]:
    """Return what a reader of an evaluation's figures has to know of the weights."""
    said = []
    if other := other_outputs(before, dataset):
        said.append(f"The weights were {other} (--allow {_name(dataset)}).")
    elif before.name != (f"{spec.name}@{spec.variant}" if spec.variant else spec.name):
        said.append(f"The weights were trained for {before.name}.")
    if other := other_statistics(before, spec):
        said.append(other)
    if before.synthetic and not synthetic:
        said.append("The weights were trained on hrbench's synthetic set.")
    measured = dataset.splits[spec.protocol.split]
    divided = before.division in {"", _division(spec.protocol.split, dataset)}
    seen = [
        part
        for part in before.seen_datasets
        if _overlaps(part, dataset, measured, divided_alike=divided)
    ]
    if seen and before.synthetic == synthetic:
        said.append(
            f"The weights were trained on {', '.join(seen)}, which has images of what is measured "
            f"({dataset.name}/{spec.protocol.split}): the figures say nothing of new images."
        )
    return tuple(said)


def _division(split: str, dataset: DatasetSpec) -> str:
    """Return how a seed divides a split's images; nothing where none does."""
    if split not in dataset.splits or dataset.splits[split].part is None:
        return ""
    if dataset.split is not None:
        return dataset.split.model_dump_json(exclude_defaults=True)
    return f"{dataset.validation_share:g} of them by seed {dataset.split_seed}"


def _overlaps(seen: str, dataset: DatasetSpec, measured: Split, *, divided_alike: bool) -> bool:
    """Whether a "dataset/split" that was trained on has images of a split."""
    name, _, split = seen.partition("/")
    other = dataset.splits.get(split)
    if name != dataset.name or other is None:
        return False
    for ours, theirs in (
        (measured.subjects, other.subjects),
        (measured.release, other.release),
    ):
        if ours and theirs:
            return bool(set(ours) & set(theirs))
    same = (other.annotations, other.images) == (measured.annotations, measured.images)
    apart = None not in {other.part, measured.part} and other.part != measured.part
    return same and not (divided_alike and apart)
