"""From a task's name and flags to the one spec that a run follows."""

from pathlib import Path

from hrbench import catalog
from hrbench.errors import RunError
from hrbench.pipeline.folder import DATASET
from hrbench.pipeline.formats import format_of
from hrbench.pipeline.measuring import sigmas
from hrbench.pipeline.options import Options
from hrbench.pipeline.sources import folder_of
from hrbench.spec import DatasetSpec, TaskSpec

OWN_BOXES = (".json",)


def resolve(task: str, options: Options, layout: str | None = None) -> tuple[TaskSpec, DatasetSpec]:
    """Return the spec of a task with the flags worked into it, and its dataset's.

    `layout` is that of the weights to evaluate, None where there are none: published weights
    of a face network are measured as they were trained, by the official pixels.

    Raises:
        UnknownNameError, SpecError: a name, a key or a value is not known.
    """
    beside = Path(task.partition("@")[0]).parent if ".toml" in task else None
    other_dataset = [text for text in options.overrides if text.startswith("dataset=")]
    plain = catalog.load_task(task, other_dataset)
    dataset = catalog.load_dataset(plain.dataset, beside)
    builtin = folder_of(dataset, options.data) is None
    published = layout not in {None, "hrbench"} and plain.protocol.pixels is not None
    pixels = ["protocol.pixels=official"] if published else []
    overrides = (*pixels, *_from_flags(options), *options.overrides)
    spec = catalog.load_task(task, overrides, builtin=builtin)
    if spec.protocol.metric is None:
        chosen = "pixels" if dataset.sigmas is None else "oks"
        spec = catalog.load_task(task, (*overrides, f"protocol.metric={chosen}"), builtin=builtin)
    if spec.protocol.metric in {"oks", "crowdpose"}:
        sigmas(dataset)  # refused here, before anything is trained
    _require_measurable(spec, dataset)
    if spec.dataset.endswith(".toml"):  # a run's folder keeps the file, under this name
        spec = spec.model_copy(update={"dataset": DATASET})
    return spec, dataset


def _require_measurable(spec: TaskSpec, dataset: DatasetSpec) -> None:
    read, protocol = format_of(dataset), spec.protocol
    if protocol.metric not in read.metrics:
        raise RunError(
            f"protocol.metric: {dataset.name}, of format '{dataset.format}', is measured by "
            f"{' or '.join(read.metrics)}, not '{protocol.metric}'"
        )
    if protocol.extra_data and not read.extra_data:
        raise RunError(f"protocol.extra_data: {dataset.name} is trained on by itself; leave it out")


def with_precision(spec: TaskSpec, device_type: str) -> TaskSpec:
    """Return the spec with `auto` settled: bf16 on CUDA, fp32 elsewhere.

    Prediction stays in fp32 unless bf16 was asked for: published numbers are of fp32.
    """
    if spec.recipe.precision != "auto":
        return spec
    precision = "bf16" if device_type == "cuda" else "fp32"
    recipe = spec.recipe.model_copy(update={"precision": precision})
    return spec.model_copy(update={"recipe": recipe})


def is_modified(spec: TaskSpec) -> bool:
    """Whether a spec differs from the one of its name that comes with hrbench.

    Split, boxes and precision may: they are compared as they stand in the record.
    """
    if spec.name not in catalog.names("tasks"):
        return False
    if spec.variant not in catalog.variants(spec.name):
        return True
    published = catalog.load_task(f"{spec.name}@{spec.variant}")
    free = {
        "split": spec.protocol.split,
        "boxes": spec.protocol.boxes,
        "pixels": spec.protocol.pixels,
        "precision": spec.protocol.precision,
    }
    return spec != published.model_copy(
        update={
            "protocol": published.protocol.model_copy(update=free),
            "recipe": published.recipe.model_copy(update={"precision": spec.recipe.precision}),
        }
    )


def _from_flags(options: Options) -> list[str]:
    flags = []
    if options.split is not None:
        flags.append(f'protocol.split="{options.split}"')
    if options.boxes is not None:
        name = Path(options.boxes).name
        if options.boxes not in {"gt", "det"} and not name.endswith(OWN_BOXES):
            raise RunError(f"--boxes {options.boxes}: write gt, det, or a detections file (.json)")
        flags.append(f'protocol.boxes="{name}"')
    if options.epochs is not None:
        flags.append(f"recipe.epochs={options.epochs}")
    if options.precision != "auto":
        flags.append(f'recipe.precision="{options.precision}"')
        flags.append(f'protocol.precision="{options.precision}"')
    return flags
