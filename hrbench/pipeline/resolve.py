"""From a task's name and flags to the one spec that a run follows."""

from pathlib import Path

from hrbench import catalog
from hrbench.errors import RunError
from hrbench.pipeline.options import Options
from hrbench.pipeline.sources import folder_of
from hrbench.spec import DatasetSpec, TaskSpec

OWN_BOXES = (".json",)


def resolve(task: str, options: Options) -> tuple[TaskSpec, DatasetSpec]:
    """Return the spec of a task with the flags worked into it, and its dataset's.

    Raises:
        UnknownNameError, SpecError: a name, a key or a value is not known.
    """
    beside = Path(task.partition("@")[0]).parent if ".toml" in task else None
    other_dataset = [text for text in options.overrides if text.startswith("dataset=")]
    plain = catalog.load_task(task, other_dataset)
    dataset = catalog.load_dataset(plain.dataset, beside)
    builtin = folder_of(dataset, options.data) is None
    overrides = (*_from_flags(options), *options.overrides)
    return catalog.load_task(task, overrides, builtin=builtin), dataset


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
