"""Exported files as programs that have no hrbench run them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.commands.export.writing import ONNX, TORCH
from hrbench.kinds.deployable import Run

ERRORS_ONLY = 3  # of onnxruntime's levels


def opened(path: Path) -> Run:
    """Return a function that answers as the file does."""
    return RUNNERS[path.suffix](path)


def _onnx(path: Path) -> Run:
    import onnxruntime  # noqa: PLC0415  hrbench[onnx]

    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (takes,), names = session.get_inputs(), [port.name for port in session.get_outputs()]

    def run(inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        return dict(zip(names, session.run(names, {takes.name: inputs}), strict=True))

    return run


def _torch(path: Path) -> Run:
    module = torch.export.load(path).module()

    def run(inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        with torch.inference_mode():
            answer = module(torch.from_numpy(inputs))
        return {name: values.numpy() for name, values in answer.items()}

    return run


RUNNERS: dict[str, Callable[[Path], Run]] = {ONNX: _onnx, TORCH: _torch}
