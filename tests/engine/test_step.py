"""Every path of a training step gives the losses of the plain one."""

import copy
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from engine import toy
from engine.injected import Injected, Unable
from engine.test_resume import nothing, stop_at, tensors, trainer
from torch import Tensor, nn
from worlds import small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.engine import optimizing
from hrbench.engine.compiling import Compiled
from hrbench.engine.execution import EAGER
from hrbench.engine.graphs import WARM_UPS
from hrbench.engine.runtime import Runtime
from hrbench.engine.schedule import momentum
from hrbench.engine.step import CHANGING, TOO_FEW, Plan, Step
from hrbench.engine.train import Interrupted, Trainer
from hrbench.formats.location import DataRoot
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import task_of
from hrbench.road import building

pytestmark = pytest.mark.usefixtures("one_thread")
CPU = Runtime(torch.device("cpu"))
BATCHES = [slice(0, 4), slice(4, 8), slice(8, 12), slice(12, 16), slice(16, 18)]  # of an epoch
EPOCHS = 2
TASKS: dict[str, tuple[str, tuple[str, ...]]] = {  # by what is particular to their steps
    "heatmaps": ("coco-pose@tiny", ("model.input=[64, 64]",)),
    "hardest keypoints": ("coco-pose@tiny", ("model.input=[64, 64]", "recipe.loss=ohkm")),
    "classes": ("imagenet@tiny", ("model.input=[64, 64]",)),
    "weights clipped, dropout": ("h36m-lift@linear", ("model.width=16",)),
    "momentum falls, dropout": ("h36m-lift@temporal-27", ("model.channels=8",)),
}


def prepared(name: str, device: str = "cpu") -> tuple[AnyTask, Any, Any]:
    """A task, its network as it is drawn, and what that is trained on."""
    task_name, keys = TASKS[name]
    spec = catalog.load_task(task_name, (*keys, "recipe.batch_size=4"))
    images = {"h36m": 8, "coco": 16}.get(spec.dataset, 32)
    data_root = DataRoot(small_world(images, spec.dataset), synthetic=True)
    task = task_of(spec, catalog.load_dataset(spec.dataset), data_root, Options(seed=3))
    evaluation = task.evaluation()
    built = building.build(
        task, evaluation, task.training(evaluation), Runtime(torch.device(device))
    )
    assert built.training is not None
    return task, built.network, built.training.feed


def stepped(
    task: AnyTask, network: nn.Module, feed: Any, recorder: Any, runtime: Runtime = CPU
) -> tuple[list[float], Step[Any]]:
    """The losses of a few epochs, each with a smaller last batch."""
    torch.manual_seed(0)  # of dropout
    plan = task.planned(Plan(task.spec.recipe, 3, workers=0))
    cost = task.cost(network, runtime.device)
    step = Step(network.train(), cost, plan, runtime, recorder)
    losses, rows = [], [np.arange(part.start, part.stop) for part in BATCHES]
    for epoch in range(EPOCHS):
        if plan.momentum is not None:
            step.set_momentum(momentum(*plan.momentum, epoch, EPOCHS))
        for number, batch in enumerate(feed.batches(rows, epoch, workers=0, pin=False)):
            step.set_rate(1e-3 / (1 + number))
            losses.append(step(step.prepared(batch)).item())
    return losses, step


@pytest.mark.parametrize("name", TASKS)
def test_replayed_steps_have_the_losses_and_the_weights_of_plain_ones(name: str) -> None:
    task, network, feed = prepared(name)
    again, card = copy.deepcopy(network), Injected()
    expected, _ = stepped(task, network, feed, None)
    found, step = stepped(task, again, feed, card)
    assert len(set(expected)) == EPOCHS * len(BATCHES)
    assert found == expected
    assert all(map(torch.equal, network.state_dict().values(), again.state_dict().values()))
    full = EPOCHS * (len(BATCHES) - 1)
    assert (card.besides, card.replayed) == (WARM_UPS, full - WARM_UPS)
    assert card.recorded == (EPOCHS if step.plan.momentum else 1)
    assert step.execution.path == "CUDA graph"
    assert not step.execution.reasons


def injected(folder: Path, *keys: str) -> tuple[Trainer[Any], Injected]:
    """A training on a card that there is none of."""
    job, card = trainer(folder, *keys), Injected()
    job.step = Step(job.network, job.step.cost, job.plan, job.runtime, card)
    return job, card


def test_a_training_may_go_on_by_another_path(tmp_path: Path) -> None:
    keys = ("recipe.batch_size=2", "recipe.epochs=3", "recipe.milestones=[1]")
    (tmp_path / "plain").mkdir()
    plain = trainer(tmp_path / "plain", *keys)
    plain.fit(nothing)
    for number, (first, second) in enumerate([(False, True), (True, False), (True, True)]):
        (folder := tmp_path / f"{number}").mkdir()
        stopped = injected(folder, *keys)[0] if first else trainer(folder, *keys)
        stop_at(stopped, 6, signal.SIGINT)  # of 15
        with pytest.raises(Interrupted):
            stopped.fit(nothing)
        if not second:
            job, card = trainer(folder, *keys), None
        else:
            job, card = injected(folder, *keys)
        job.resume()
        job.fit(nothing)
        assert card is None or card.replayed == 9 - WARM_UPS
        assert all(torch.equal(tensors(job)[name], one) for name, one in tensors(plain).items())


@pytest.mark.parametrize("name", optimizing.OPTIMIZERS)
def test_the_optimiser_of_a_card_takes_the_same_steps_from_the_same_state(name: str) -> None:
    keys = {"optimizer": name, "weight_decay": 0.1}
    plain, laid_out = toy.network(), toy.network(last=True)
    steps = [toy.step(plain, CPU, **keys), toy.step(laid_out, CPU, **keys)]
    steps[1].optimizer = optimizing.optimizer(toy.recipe(**keys), laid_out, CPU.device)
    rates = [group["lr"] for group in steps[1].optimizer.param_groups]
    for rate in (0.01, 0.003):
        for step in steps:
            step.set_rate(rate)
        np.testing.assert_allclose(toy.losses(steps[1]), toy.losses(steps[0]), rtol=1e-4)
    assert rates[0] is steps[1].optimizer.param_groups[0]["lr"]  # what a graph has captured
    assert rates[0].item() == pytest.approx(0.003)
    states = [optimizing.state(step.optimizer) for step in steps]
    for step, state in zip(steps, reversed(states), strict=True):
        optimizing.restore(step.optimizer, state)
        for parameter, moments in step.optimizer.state.items():
            strides = {v.stride() for v in moments.values() if v.shape == parameter.shape}
            assert strides == {parameter.stride()}
    plain.load_state_dict(laid_out.state_dict())
    np.testing.assert_allclose(toy.losses(steps[1]), toy.losses(steps[0]), rtol=1e-4)


def test_a_cpu_lays_out_and_fuses_the_steps_of_bf16_and_leaves_those_of_fp32_as_they_are() -> None:
    cases = (
        ("fp32", False, None, "contiguous"),
        ("bf16", False, True, "channels_last"),
        ("bf16", True, None, "contiguous"),
    )
    steps = []
    for precision, eager, fused, layout in cases:
        step = toy.step(toy.network(), Runtime(CPU.device, eager=eager), precision=precision)
        assert step.optimizer.param_groups[0]["fused"] is fused
        assert step.execution.memory_format == layout
        steps.append(step)
    np.testing.assert_allclose(toy.losses(steps[1]), toy.losses(steps[2]), rtol=1e-2)


def test_a_kept_optimiser_says_nothing_of_how_it_was_computed() -> None:
    network = toy.network()
    made = optimizing.optimizer(toy.recipe(), network, CPU.device)
    made.param_groups[0]["lr"].fill_(0.25)
    (group,) = optimizing.state(made)["param_groups"]
    assert group["lr"] == 0.25
    own = optimizing.optimizer(toy.recipe(), network)
    optimizing.restore(own, optimizing.state(made))
    assert not any(own.param_groups[0][way] for way in ("foreach", "fused", "capturable"))


def test_what_cannot_be_captured_is_computed_and_recorded_with_the_reason(tmp_path: Path) -> None:
    job = trainer(tmp_path, "recipe.batch_size=2")
    job.step = Step(job.network, job.step.cost, job.plan, job.runtime, Unable())
    job.fit(nothing)
    execution = job.step.execution
    assert (execution.path, execution.memory_format, execution.batch) == ("eager", "contiguous", 2)
    reason = "no CUDA graph: operation not permitted when stream is capturing"
    assert execution.reasons == (reason,)
    said = execution.content()["reasons"]
    assert said == [reason]


def test_a_path_that_is_not_there_is_told_once_it_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = trainer(tmp_path, "recipe.batch_size=2")
    job.step = Step(job.network, job.step.cost, job.plan, job.runtime, Unable())
    job.fit(nothing)
    assert capsys.readouterr().err.count("no CUDA graph: operation not permitted") == 1


def test_reasons_that_are_known_before_are_those_of_the_flags() -> None:
    eager = toy.step(toy.network(), Runtime(CPU.device, eager=True))
    assert (eager.execution.path, eager.reasons) == ("eager", (EAGER,))
    falls = Plan(toy.recipe(), 0, 0, momentum=(0.1, 0.001))
    changing = Step(toy.network(), toy.cost(CPU.device), falls, Runtime(CPU.device, compiles=True))
    assert (changing.compiled, changing.reasons) == (None, (CHANGING,))
    early = Step(toy.network(), toy.cost(CPU.device), Plan(toy.recipe(), 0, 0), CPU, Injected())
    assert (early.execution.path, early.execution.reasons) == ("eager", (TOO_FEW,))
    assert early.words == "CUDA graph, fp32"


def test_what_is_not_compiled_is_eager_to_the_bit_and_the_reason_is_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(network: nn.Module, *, dynamic: bool) -> Any:
        def call(inputs: Tensor) -> Tensor:
            network(inputs)  # its statistics have changed by then
            raise RuntimeError(
                "backend='inductor' raised:\nNo working C++ compiler found\n\nSet ..."
            )

        assert not dynamic
        return call

    monkeypatch.setattr(torch, "compile", failing)
    plain, asked = toy.network(), toy.network()
    step = toy.step(asked, Runtime(CPU.device, compiles=True))
    assert toy.losses(step) == toy.losses(toy.step(plain, CPU))
    assert all(map(torch.equal, plain.state_dict().values(), asked.state_dict().values()))
    assert step.execution.path == "eager"
    assert step.reasons == ("not compiled: No working C++ compiler found",)


@pytest.mark.slow
def test_compiled_steps_have_the_losses_of_plain_ones_and_the_network_its_names() -> None:
    plain, asked = toy.network(), toy.network()
    step = toy.step(asked, Runtime(CPU.device, compiles=True))
    np.testing.assert_allclose(toy.losses(step), toy.losses(toy.step(plain, CPU)), rtol=1e-4)
    assert step.execution.path == "torch.compile"
    assert not step.reasons
    assert asked.state_dict().keys() == plain.state_dict().keys()
    for name, expected in plain.state_dict().items():
        np.testing.assert_allclose(asked.state_dict()[name], expected, atol=1e-4, err_msg=name)


def test_a_batch_of_another_size_is_not_compiled() -> None:
    network = nn.Flatten()
    compiled = Compiled(network, 4)
    assert torch.equal(compiled(torch.ones(3, 2)), torch.ones(3, 2))
    assert compiled._compiled is None
