"""Prediction on a CUDA card; skipped with that reason where there is none."""

from typing import Any

import numpy as np
import pytest
import torch
from engine.test_inference import images, small
from numpy.typing import NDArray
from torch import Tensor
from worlds import small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.engine.execution import Execution
from hrbench.engine.graphs import WARM_UPS
from hrbench.engine.inference import Inference, Pass
from hrbench.engine.predict import Download, Upload, overlapped
from hrbench.engine.runtime import Runtime
from hrbench.engine.sizes import at_once
from hrbench.formats.location import DataRoot
from hrbench.kinds.registry import task_of
from hrbench.road.resolve import resolve

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
BATCH = 4


def runtime(**flags: Any) -> Runtime:
    return Runtime(torch.device("cuda:0"), **flags)


@torch.inference_mode()
def predicted(given: Tensor, precision: str, where: Runtime) -> tuple[NDArray[Any], Execution]:
    """What a small network makes of images, batch after batch, and how."""
    inference = Inference(small().to(where.device), where, precision)
    whole = Pass(inference, lambda part: (inference(part),), BATCH)
    seen = list(overlapped(enumerate(given.split(BATCH)), whole, where.device))
    assert [index for index, _ in seen] == list(range(len(seen)))
    return np.concatenate([read for _, (read,) in seen]), whole.execution(BATCH)


@pytest.mark.parametrize(("precision", "near"), [("fp32", 1e-5), ("tf32", 1e-2), ("bf16", 5e-2)])
def test_a_graph_predicts_what_plain_torch_does(precision: str, near: float) -> None:
    given = images(BATCH * (WARM_UPS + 4) + 1)
    plain, _ = predicted(given, "fp32", runtime(eager=True))
    found, execution = predicted(given, precision, runtime())
    np.testing.assert_allclose(found, plain, rtol=0, atol=near * np.abs(plain).max())
    assert execution.path == "CUDA graph, BatchNorm folded"
    assert execution.memory_format == ("contiguous" if precision == "fp32" else "channels_last")
    assert not execution.reasons


def test_what_cannot_be_folded_is_still_laid_out_and_captured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hrbench.engine.inference.TOLERANCE", -1)
    _, execution = predicted(images(BATCH * (WARM_UPS + 2)), "bf16", runtime())
    assert (execution.path, execution.memory_format) == ("CUDA graph", "channels_last")
    assert "batch normalisation is not folded" in execution.reasons[0]


def test_what_comes_back_was_copied_into_pinned_memory_before_it_is_overwritten() -> None:
    device = torch.device("cuda:0")
    moved = Upload(device)(torch.arange(4))
    under_way = Download((moved,), device)
    assert all(result.is_pinned() for result in under_way._results)
    moved.zero_()
    assert under_way.read()[0].tolist() == [0, 1, 2, 3]


def test_a_batch_of_a_card_is_a_power_of_two_and_the_same_again() -> None:
    where = runtime()
    inference = Inference(small().to(where.device), where, "fp32")
    tried = [
        at_once(lambda part: (inference(part),), (1, 32, 32, 3), 1, 10_000, where) for _ in range(2)
    ]
    assert tried == [512, 512]
    assert at_once(lambda part: (part,), (1, 32, 32, 3), 2, 10_000, runtime(eager=True)) == 8


@pytest.mark.parametrize(
    ("name", "folder"), [("coco-pose@tiny", "coco"), ("imagenet@tiny", "imagenet")]
)
@pytest.mark.parametrize("decoder", ["quarter", "dark"])
def test_whole_predictions_are_captured_and_equal_those_of_plain_torch(
    name: str, folder: str, decoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if folder == "imagenet" and decoder == "dark":
        pytest.skip("classes are not decoded")
    monkeypatch.setattr("hrbench.engine.sizes.LEAST", 2)  # so that there are batches to repeat
    overrides = ("protocol.flip_test=true", f"protocol.decoder={decoder}")
    data = small_world(48, folder)
    options = Options(data=str(data), overrides=overrides if folder == "coco" else ())
    spec, dataset = resolve(catalog.task_file(name), options)
    task, told = task_of(spec, dataset, DataRoot(data, synthetic=True), options), list[Execution]()
    network, evaluation = task.network().to("cuda:0"), task.evaluation()
    found, plain = (
        task.predictions(network, evaluation, where, workers=0, title="", told=told.append)
        for where in (runtime(), runtime(eager=True))
    )
    np.testing.assert_allclose(found.scores, plain.scores, rtol=1e-3, atol=1e-6)
    assert (told[0].path, told[0].reasons) == ("CUDA graph, BatchNorm folded", ())
