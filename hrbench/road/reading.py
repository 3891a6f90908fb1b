"""The data of a task: where they are, and what is predicted on."""

from hrbench.begun.options import Options
from hrbench.data import remarks
from hrbench.data.evaluation import Evaluation
from hrbench.engine.runtime import Runtime
from hrbench.formats import location
from hrbench.formats.location import DataRoot
from hrbench.kinds.contract import AnyTask
from hrbench.road.measuring import missing_truth, require_truth
from hrbench.road.telling import tell
from hrbench.spec import DatasetSpec, TaskSpec


def located(spec: TaskSpec, dataset: DatasetSpec, options: Options, runtime: Runtime) -> DataRoot:
    """Return where a task's data are; the synthetic set is made where nothing is named.

    Raises:
        RunError: there is no data and no synthetic set of that kind.
    """
    synthetic = spec.builtin is not None and location.folder_of(dataset, options.data) is None
    if synthetic and runtime.leads:
        tell(
            f"No data named and nothing of {dataset.name} under ./{location.DEFAULT}: using the "
            "built-in synthetic set. Its figures are comparable with nothing published."
        )
    if synthetic and not runtime.leads:
        runtime.first(None)  # until the leading process has made it, on all cores
    data_root = location.locate(dataset, options.data, spec.builtin, options.allow)
    if synthetic and runtime.leads:
        runtime.first(None)
    return data_root


def read(task: AnyTask, runtime: Runtime, *, trains: bool) -> Evaluation:
    """Return what is predicted on, and the truth where there is some.

    Without truth a training goes on and is told so, where that is not by design.

    Raises:
        HrbenchError: it is not there, or not right; or weights are given, and there is nothing to
            measure them by.
    """
    remarks.taken()  # of what was read before
    evaluation: Evaluation = task.evaluation()
    if not trains:
        require_truth(task, evaluation)
    elif (reason := missing_truth(task, evaluation)) and runtime.leads:
        tell(f"{reason}\nTraining goes on without it, and gives no figure.")
    return evaluation
