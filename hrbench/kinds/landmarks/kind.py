"""The kind of task that finds keypoints in images."""

from hrbench.kinds import starting
from hrbench.kinds.kind import Kind
from hrbench.kinds.landmarks import resolving
from hrbench.kinds.landmarks.browsing import browsed
from hrbench.kinds.landmarks.exporting import DeployableLandmarks
from hrbench.kinds.landmarks.predictor import KeypointPredictor
from hrbench.kinds.landmarks.profiling import profiled
from hrbench.kinds.landmarks.task import Landmarks

OF_SCORE = "{task} has no heatmaps and none of COCO's figures: leave --decoder and --official out"
LANDMARKS = Kind(
    task=Landmarks,
    overrides=resolving.overrides,
    settled=resolving.settled,
    refusals=resolving.refusals,
    require_measurable=resolving.require_measurable,
    require_trainable=resolving.require_trainable,
    read=starting.read,
    fits=resolving.fits,
    browsed=browsed,
    deployable=DeployableLandmarks,
    profiled=profiled,
    of_pictures=KeypointPredictor,
    flags={
        "boxes": "--boxes goes with tasks of keypoints in images, and {task} is none",
        "keep_peaks": "--keep-peaks keeps heatmaps, and {task} has none",
        "decoder": OF_SCORE,
        "official": OF_SCORE,
        "coco_results": "--coco-results has keypoints in images, and {task} finds none",
    },
)
