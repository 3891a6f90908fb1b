"""The real slices that goldens of poses were made of, as `run` sees them."""

from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray
from shared import need_shared
from specs import landmark_task

from hrbench import catalog
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.formats import location
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.registry import format_of
from hrbench.spec import DatasetSpec, LandmarkTask

TASKS = {"coco": "coco-pose", "mpii": "mpii-pose", "crowdpose": "crowdpose"}
CELLS = 4 * 32  # image pixels of height for each cell of the published sigma: 2 of 256, 3 of 384


@dataclass(frozen=True)
class Slice:
    """Persons on the images of some goldens, and which of the whole slice's they are."""

    spec: LandmarkTask
    dataset: DatasetSpec
    evaluation: LandmarkEvaluation
    rows: NDArray[np.int64]


def dataset_of(file: str) -> str:
    """Return the dataset of pose_core/pipeline_coco.npz, whatever else its name says."""
    return PurePath(file).stem.split("_")[1]


def load(
    name: str, size: tuple[int, int], images: set[str], *more: str, boxes: str = "gt"
) -> Slice:
    """Return the persons of a dataset on these images, by name, for crops of (height, width)."""
    height, width = size
    model = [f"model.input=[{height},{width}]", f"model.sigma={height // CELLS}"]
    spec = landmark_task(TASKS[name], [*model, f"protocol.boxes={boxes}", *more])
    dataset = catalog.load_dataset(name)
    data_root = location.DataRoot(need_shared() / "real", synthetic=False)
    whole = format_of(dataset, PeopleFormat).evaluation(
        spec, dataset, data_root, boxes=boxes, limit=None
    )
    names = [whole.people.images[image].name for image in whole.people.image]
    rows = np.array([row for row, name in enumerate(names) if name in images])
    return Slice(spec, dataset, replace(whole, people=whole.people.rows(rows)), rows)
