"""The whole spec of a task."""

from typing import Any

from hrbench import catalog
from hrbench.report import run_folders


def show(task: str, overrides: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the spec of NAME, NAME@VARIANT, a TOML file or a RUN, as plain values.

    Raises:
        HrbenchError: there is no such task or run, or an override does not fit.
    """
    run = run_folders.run_of(task)
    file = catalog.task_file(task if run is None else str(run / run_folders.SPEC))
    spec = file.spec(overrides)
    if overrides or file.beside:  # nobody has run it yet
        from hrbench.road.resolve import require_registered  # noqa: PLC0415  torch takes seconds

        require_registered(spec, overrides, file.path)
    return spec.plain()
