"""What a network says, kept in the run's folder."""

import time
from dataclasses import replace
from pathlib import Path

from torch import nn

from hrbench.begun import folder as run_folder
from hrbench.begun.folder import State
from hrbench.data import remarks
from hrbench.data.evaluation import Evaluation
from hrbench.engine.execution import Execution
from hrbench.engine.runtime import Runtime
from hrbench.kinds.contract import AnyTask
from hrbench.report.predictions import Stored
from hrbench.road.telling import compiling, tell
from hrbench.road.training import workers


def predict(
    task: AnyTask,
    network: nn.Module,
    evaluation: Evaluation,
    runtime: Runtime,
    folder: Path,
    state: State,
) -> tuple[Stored, State]:
    """Return a network's predictions, which the folder keeps, and the state of a run with them."""
    started = time.perf_counter()
    count = workers(task.options.workers, runtime.world)
    computed = {}
    if runtime.compiles and runtime.leads:
        tell(compiling())

    def told(execution: Execution) -> None:
        computed["prediction"] = execution

    predictions = task.predictions(
        network, evaluation, runtime, workers=count, title="predicting", told=told
    )
    remarks.add(runtime.gather(remarks.taken()))
    if not runtime.leads:
        return predictions, state
    predictions.write(folder)
    if evaluation.division is not None:
        run_folder.write_division(folder, evaluation.division.listed())
    seconds, said = time.perf_counter() - started, remarks.sentences()
    execution = state.execution | {name: how.content() for name, how in computed.items()}
    state = replace(
        state, predict_seconds=seconds, execution=execution, notes=(*state.notes, *said)
    )
    state.write(folder)
    for sentence in (*(f"Predicted by {how.words}." for how in computed.values()), *said):
        tell(sentence)
    return predictions, state
