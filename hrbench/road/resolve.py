"""From a task's name and flags to the one spec that a run follows."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from hrbench import catalog
from hrbench.backbone.weights import Checkpoint
from hrbench.begun import provenance
from hrbench.begun.options import Options
from hrbench.data.divided import TRAINING, VALIDATION
from hrbench.engine.optimizing import OPTIMIZERS
from hrbench.engine.precision import require_precision
from hrbench.errors import RunError, SpecError
from hrbench.formats.location import folder_of
from hrbench.kinds.kind import Refusal, unknown
from hrbench.kinds.registry import kind_of, require_own_flags
from hrbench.report.run_folders import DATASET
from hrbench.spec import DatasetSpec, TaskSpec
from hrbench.spec.division import OF_ONE_SHARE, Division
from hrbench.spec.tables import dotted
from hrbench.spec.task_file import TaskFile, parse_override


def resolve(
    file: TaskFile, options: Options, checkpoint: Checkpoint | None = None
) -> tuple[TaskSpec, DatasetSpec]:
    """Return the spec of a task's file with the flags worked into it, and its dataset's.

    `checkpoint` has the weights to evaluate, where there are some.

    Raises:
        UnknownNameError, SpecError: a name, a key or a value is not known.
        WeightsError: the checkpoint was trained for other keypoints or classes.
        RunError: a flag is of other tasks, or the dataset cannot be measured so.
    """
    plain = file.spec(of_dataset(options))
    dataset = catalog.load_dataset(plain.dataset, file.beside)
    builtin = folder_of(dataset, options.data) is None
    if checkpoint is not None:
        provenance.require_same_outputs(checkpoint, dataset, options.allow)
    given = {key for key, value in asdict(options).items() if value not in (None, False)}
    require_own_flags(plain, given)
    of_kind = kind_of(plain).overrides(options, plain, checkpoint)
    keys = (*of_kind, *_of_all(options), *options.overrides)
    spec = file.spec(keys, builtin=builtin)
    if settled := kind_of(spec).settled(spec, dataset, options, checkpoint):
        spec = file.spec((*keys, *settled), builtin=builtin)
    require_sound(spec, dataset, options.overrides, file.path)
    if options.weights is None:
        _require_trainable(spec, dataset)
    if options.folds is not None:
        dataset = _folded(spec, dataset, options)
    if spec.dataset.endswith(".toml"):  # a run's folder keeps the file, under this name
        spec = spec.model_copy(update={"dataset": DATASET})
    return spec, dataset


def _folded(spec: TaskSpec, dataset: DatasetSpec, options: Options) -> DatasetSpec:
    """Return a dataset whose images are divided into folds, of which one validates.

    Raises:
        RunError: its splits are published, or its training and its validation are not parts of one
            file.
    """
    if catalog.is_published(dataset):
        raise RunError(
            f"--folds is for data of one's own: it divides the images of one file, and "
            f"{dataset.name} has published splits, which stay as they are (docs/splits.md)"
        )
    names = (spec.protocol.train_split, spec.protocol.split)
    parts = [dataset.splits[name].part if name in dataset.splits else None for name in names]
    if parts != [TRAINING, VALIDATION] or len(dataset.divided_files) > 1:
        wanted = " and ".join(
            f'[splits.{name}] part = "{part}"'
            for name, part in zip(names, (TRAINING, VALIDATION), strict=True)
        )
        raise RunError(
            f"--folds divides the images of one file, and {dataset.name} does not say of its "
            f"splits that they are parts of one: {wanted} (docs/splits.md)"
        )
    rule = dataset.split or Division(seed=dataset.split_seed)
    rule = rule.model_copy(update={"folds": options.folds, "fold": options.fold})
    usual = {key: DatasetSpec.model_fields[key].default for key in OF_ONE_SHARE}
    return dataset.model_copy(update={"split": rule, **usual})


def require_sound(
    spec: TaskSpec, dataset: DatasetSpec, overrides: Sequence[str], file: Path
) -> None:
    """Refuse, before anything is done, what could not be measured or would change nothing.

    Raises:
        SpecError: the spec, of `file`, names what is not registered, or a key is set that
            nothing reads beside the others.
        RunError: the dataset cannot be measured so.
    """
    asleep = spec.asleep()
    for key, where in _said_by(overrides).items():
        if key in asleep:
            raise SpecError(f"{where}: {key} changes nothing here: {asleep[key]}")
    require_registered(spec, overrides, file)
    kind_of(spec).require_measurable(spec, dataset)


def require_registered(spec: TaskSpec, overrides: Sequence[str], file: Path) -> None:
    """Refuse names that are in no registry, or do not go together.

    Raises:
        SpecError: one is said by an override, or by `file`.
    """
    said_by = _said_by(overrides)
    for keys, words in _refusals(spec):
        where = next((said_by[key] for key in keys if key in said_by), str(file))
        raise SpecError(f"{where}: {words}")


def _said_by(overrides: Sequence[str]) -> dict[str, str]:
    return {key: f"--set {text}" for text in overrides for key in dotted(parse_override(text))}


def _refusals(spec: TaskSpec) -> Iterator[Refusal]:
    yield from unknown("recipe.optimizer", spec.recipe.optimizer, OPTIMIZERS)
    yield from kind_of(spec).refusals(spec)


def _require_trainable(spec: TaskSpec, dataset: DatasetSpec) -> None:
    if not spec.protocol.train_split:
        raise RunError(
            "protocol.train_split is missing: it names the split of "
            f"{dataset.name} to train on; with --weights nothing is trained"
        )
    kind_of(spec).require_trainable(spec, dataset)


def with_precision(spec: TaskSpec, device_type: str) -> TaskSpec:
    """Return the spec with `auto` settled: bf16 on CUDA, fp32 elsewhere.

    Prediction stays in fp32 unless another was asked for: published numbers are of fp32.

    Raises:
        RunError: the device does not compute in such a precision.
    """
    for precision in (spec.recipe.precision, spec.protocol.precision):
        require_precision(precision, device_type)
    if spec.recipe.precision != "auto":
        return spec
    precision = "bf16" if device_type == "cuda" else "fp32"
    recipe = spec.recipe.model_copy(update={"precision": precision})
    return spec.model_copy(update={"recipe": recipe})


def of_dataset(options: Options) -> list[str]:
    """Return the overrides that name another dataset: they say which keys there are."""
    return [text for text in options.overrides if text.startswith("dataset=")]


def is_modified(spec: TaskSpec, file: TaskFile | None) -> bool:
    """Whether a spec differs from the one of a file that comes with hrbench; not if there is none.

    What flags choose of the protocol may: it is compared as it stands in the record.
    """
    if file is None:
        return False
    if spec.variant not in file.variants:
        return True
    published = file.spec(variant=spec.variant)
    protocol = {key: getattr(spec.protocol, key) for key in spec.protocol.free}
    model = {key: getattr(spec.model, key) for key in spec.model.free}
    return spec != published.model_copy(
        update={
            "protocol": published.protocol.model_copy(update=protocol),
            "model": published.model.model_copy(update=model),
            "recipe": published.recipe.model_copy(update={"precision": spec.recipe.precision}),
        }
    )


def _of_all(options: Options) -> list[str]:
    """Return the keys that flags set which every task has."""
    keys = []
    if options.split is not None:
        keys.append(f'protocol.split="{options.split}"')
    if options.epochs is not None:
        keys.append(f"recipe.epochs={options.epochs}")
    if options.precision != "auto":
        keys.append(f'recipe.precision="{options.precision}"')
        keys.append(f'protocol.precision="{options.precision}"')
    return keys
