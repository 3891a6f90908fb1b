"""What a run is asked to be, as one hash: known before it begins, and alike in all that are so."""

import hashlib
from dataclasses import fields
from pathlib import Path

from hrbench.begun.options import Options
from hrbench.report import files
from hrbench.report.run_folders import DATASET
from hrbench.report.seal import canonical
from hrbench.spec import DatasetSpec, TaskSpec

IN_SPEC = frozenset({"split", "overrides", "epochs", "precision", "tta"})
OF_NO_FIGURE = frozenset(
    {"device", "workers", "compile", "eager", "pictures", "track", "allow", "out"}
)
FILES = ("weights", "init")  # told by what is in them
PLACES = ("boxes", "keypoints")  # told by where they are; a name is in the spec


def experiment(spec: TaskSpec, dataset: DatasetSpec, options: Options, data: Path | None) -> str:
    """Return the SHA-256 of all that decides a run's figures, but for code and machine.

    Args:
        spec: the resolved one, in the precision that is asked for: of `auto` the device decides.
        dataset: its dataset's; it counts where it is the user's own.
        options: of the run.
        data: the folder of datasets; None: the built-in set.
    """
    flags = [flag for flag in fields(options) if flag.name not in IN_SPEC | OF_NO_FIGURE]
    said = {flag.name: getattr(options, flag.name) for flag in flags}
    content = {key: _hash(said[key]) for key in FILES}
    places = {key: _place(said[key]) for key in PLACES}
    usual = {flag.name: flag.default for flag in flags}  # a flag that comes later changes nothing
    unusual = {k: v for k, v in {**said, **content, **places}.items() if v != usual[k]}
    own = dataset.plain() if spec.dataset == DATASET else None
    folder = None if data is None else str(data.absolute())
    facts = {**unusual, "data": folder, "dataset": own, "spec": spec.plain()}
    return hashlib.sha256(canonical(facts)).hexdigest()


def _hash(name: str | None) -> str | None:
    return files.sha256(Path(name)) if name and Path(name).is_file() else name


def _place(name: str | None) -> str | None:
    return str(Path(name).absolute()) if name and Path(name).exists() else None
