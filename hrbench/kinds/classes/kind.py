"""The kind of task that tells classes apart."""

from hrbench.kinds import starting
from hrbench.kinds.classes import resolving
from hrbench.kinds.classes.browsing import browsed
from hrbench.kinds.classes.exporting import DeployableClassifier
from hrbench.kinds.classes.predictor import ClassPredictor
from hrbench.kinds.classes.profiling import profiled
from hrbench.kinds.classes.task import Classification
from hrbench.kinds.kind import Kind

CLASSES = Kind(
    task=Classification,
    overrides=resolving.overrides,
    settled=resolving.settled,
    refusals=resolving.refusals,
    require_measurable=resolving.require_measurable,
    read=starting.read,
    fits=resolving.fits,
    browsed=browsed,
    deployable=DeployableClassifier,
    profiled=profiled,
    of_pictures=ClassPredictor,
)
