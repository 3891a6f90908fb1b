"""What a task file and a dataset file may say, and what it means."""

from hrbench.spec.classes import ClassificationTask, ClassifierModel
from hrbench.spec.dataset import DatasetSpec, Split
from hrbench.spec.images import ImageModel, ImageRecipe
from hrbench.spec.landmarks import Augment, HeatmapModel, LandmarkTask
from hrbench.spec.lifting import LiftingProtocol, LiftingTask, LinearModel, TemporalModel
from hrbench.spec.tables import NamePairs, Names, Table
from hrbench.spec.task import Builtin, Recipe, TaskSpec

__all__ = [
    "TASKS",
    "Augment",
    "Builtin",
    "ClassificationTask",
    "ClassifierModel",
    "DatasetSpec",
    "HeatmapModel",
    "ImageModel",
    "ImageRecipe",
    "LandmarkTask",
    "LiftingProtocol",
    "LiftingTask",
    "LinearModel",
    "NamePairs",
    "Names",
    "Recipe",
    "Split",
    "Table",
    "TaskSpec",
    "TemporalModel",
]

TASKS: dict[str, type[TaskSpec]] = {  # by `model.head`
    "heatmap": LandmarkTask,
    "simcc": LandmarkTask,
    "lift-linear": LiftingTask,
    "lift-temporal": LiftingTask,
    "classify": ClassificationTask,
}
