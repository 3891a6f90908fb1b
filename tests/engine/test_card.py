"""Training steps on a CUDA card; skipped with that reason where there is none."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
from engine import toy
from engine.test_step import TASKS, prepared, stepped

from hrbench.engine import optimizing
from hrbench.engine.execution import EAGER
from hrbench.engine.graphs import Captured, Tensors
from hrbench.engine.runtime import Runtime
from hrbench.engine.step import Step

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
EVERY = [8, 8, 8, 8, 3] * 2  # samples of steps, of two epochs


def runtime(**flags: Any) -> Runtime:
    return Runtime(torch.device("cuda:0"), **flags)


def on_card(where: Runtime, **keys: Any) -> Step[Any]:
    """A step of the toy on a card, its weights drawn as ever."""
    return toy.step(toy.network().to(where.device), where, batch_size=8, **keys)


def with_rates(step: Step[Any]) -> list[float]:
    """The losses of two epochs, the second at a tenth of the rate."""
    taken = []
    for rate in (0.01, 0.001):
        step.set_rate(rate)
        taken += toy.losses(step, EVERY[: len(EVERY) // 2])
    return taken


@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16"])
@pytest.mark.parametrize("optimizer", optimizing.OPTIMIZERS)
def test_a_graph_has_the_losses_of_eager_steps(precision: str, optimizer: str) -> None:
    keys = {"precision": precision, "optimizer": optimizer, "weight_decay": 0.01}
    graph, eager = on_card(runtime(), **keys), on_card(runtime(eager=True), **keys)
    near = 1e-3 if precision == "fp32" else 5e-2
    np.testing.assert_allclose(with_rates(graph), with_rates(eager), rtol=near)
    assert graph.execution.path == "CUDA graph"
    assert not graph.reasons
    assert graph.format == ("contiguous" if precision == "fp32" else "channels_last")
    assert (eager.execution.path, eager.reasons) == ("eager", (EAGER,))
    assert eager.format == "contiguous"


def test_a_graph_beside_an_exchange_of_gradients_has_the_losses_of_eager_steps(
    tmp_path: Path,
) -> None:
    card, place = torch.device("cuda:0"), (tmp_path / "group").as_uri()
    dist.init_process_group("nccl", init_method=place, rank=0, world_size=1, device_id=card)
    try:  # it is one of two, as far as its steps know
        graph, eager = (
            toy.step(toy.network().to(card), runtime(world=2, eager=plain), batch_size=16)
            for plain in (False, True)
        )
        np.testing.assert_allclose(with_rates(graph), with_rates(eager), rtol=1e-3)
    finally:
        dist.destroy_process_group()
    assert (graph.size, graph.execution.path, graph.reasons) == (8, "CUDA graph", ())
    assert eager.execution.path == "eager"


@pytest.mark.parametrize("name", TASKS)
def test_every_kind_of_step_can_be_captured(name: str) -> None:
    task, network, feed = prepared(name, "cuda:0")
    losses, step = stepped(task, network, feed, None, runtime())
    assert step.execution.path == "CUDA graph"
    assert not step.reasons
    assert np.isfinite(losses).all()


@pytest.mark.parametrize("name", ["heatmaps", "classes"])
def test_steps_of_a_card_in_fp32_have_the_losses_of_the_cpu(name: str) -> None:
    found = []
    for device in ("cpu", "cuda:0"):
        task, network, feed = prepared(name, device)
        found.append(stepped(task, network, feed, None, Runtime(torch.device(device)))[0])
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-4)
    np.testing.assert_allclose(found[1][1:4], found[0][1:4], rtol=1e-2)


def test_a_training_goes_on_from_a_card_to_the_cpu_and_back(tmp_path: Path) -> None:
    whole = toy.trainer(tmp_path / "whole", Runtime(torch.device("cpu")))
    whole.folder.mkdir()
    whole.fit(lambda: None)
    (folder := tmp_path / "parts").mkdir()
    for epochs, where in ((1, runtime()), (2, Runtime(torch.device("cpu"))), (2, runtime())):
        job = toy.trainer(folder, where)
        job.resume()
        job.recipe = job.recipe.model_copy(update={"epochs": epochs})
        job.fit(lambda: None)
    for name, expected in whole.network.state_dict().items():
        found = job.network.state_dict()[name].cpu()
        np.testing.assert_allclose(found, expected, atol=1e-3, err_msg=name)
    kept = torch.load(folder / "checkpoints" / "last.pt", weights_only=True)
    assert all(tensor.is_contiguous() for tensor in kept["network"].values())


def test_a_step_that_waits_for_a_value_goes_on_eagerly_with_the_reason() -> None:
    where = runtime()
    step, eager = on_card(where), on_card(runtime(eager=True))
    loss: Any = step.cost.loss

    def waiting(*given: Any) -> Any:
        value = loss(*given)
        return value if value.item() > -1 else value * 2

    step.cost = replace(step.cost, loss=waiting)
    np.testing.assert_allclose(with_rates(step), with_rates(eager), rtol=1e-4)
    assert step.execution.path == "eager"
    assert torch.cuda.current_stream(where.device) == torch.cuda.default_stream(where.device)
    assert [reason.partition(":")[0] for reason in step.reasons] == ["no CUDA graph"]


def test_dropout_in_a_graph_draws_anew_at_every_replay() -> None:
    card = torch.device("cuda:0")
    step = on_card(runtime())
    assert step.captured is not None

    def dropped(given: torch.Tensor) -> Tensors:
        return (torch.nn.functional.dropout(given, 0.5),)

    captured = Captured(dropped, 8, step.captured.recorder)
    ones = torch.ones(8, 100, device=card)
    drawn = [captured(ones)[0].clone() for _ in range(8)]
    assert captured.replays
    assert all(not torch.equal(drawn[i], drawn[j]) for i in range(8) for j in range(i))


def test_waiting_for_samples_is_told_of_a_card(tmp_path: Path) -> None:
    job = toy.trainer(tmp_path, runtime())
    assert job.fit(lambda: None) > 0
    row = (tmp_path / "log.csv").read_text().splitlines()[1].split(",")
    assert 0 < float(row[5]) <= 1
