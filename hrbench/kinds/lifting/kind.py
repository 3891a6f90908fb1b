"""The kind of task that lifts keypoints of sequences to joints in space."""

from hrbench.kinds.kind import Kind
from hrbench.kinds.lifting import resolving
from hrbench.kinds.lifting.browsing import browsed
from hrbench.kinds.lifting.exporting import DeployableLifter
from hrbench.kinds.lifting.predictor import JointResults
from hrbench.kinds.lifting.profiling import profiled
from hrbench.kinds.lifting.task import Lifting

LIFTING = Kind(
    task=Lifting,
    overrides=resolving.overrides,
    require_measurable=resolving.require_measurable,
    fits=resolving.fits,
    browsed=browsed,
    deployable=DeployableLifter,
    profiled=profiled,
    of_predictions=JointResults,
    flags={"keypoints": "--keypoints is what h36m-lift lifts; {task} finds its own"},
)
