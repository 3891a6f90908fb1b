"""A function that is captured: which calls are replayed, from which memory. No card is needed."""

from collections.abc import Callable

import pytest
import torch
from engine.injected import Injected, Unable
from torch import Tensor

from hrbench.engine.graphs import WARM_UPS, Captured, Card, Tensors

SIZE = 4


def rows(value: float, count: int = SIZE) -> Tensor:
    return torch.full((count, 2), value)


class Summed:
    """The sum of some rows; it counts how often it was called, and remembers of what."""

    def __init__(self) -> None:
        self.seen: list[Tensor] = []

    def __call__(self, given: Tensor) -> Tensors:
        self.seen.append(given)
        return (given.sum(),)


def test_after_the_first_calls_all_full_batches_are_replayed_from_the_same_memory() -> None:
    summed, card = Summed(), Injected()
    captured = Captured(summed, SIZE, card)
    for value in range(WARM_UPS + 3):
        given = rows(value)
        assert captured(given)[0].item() == 2 * SIZE * value
        assert captured.replays == (value >= WARM_UPS)
        assert (summed.seen[-1] is given) == (value < WARM_UPS)
    assert (card.besides, card.recorded, card.replayed) == (WARM_UPS, 1, 3)
    assert len({seen.data_ptr() for seen in summed.seen[WARM_UPS:]}) == 1


def test_a_smaller_batch_is_called_and_counts_for_nothing() -> None:
    summed, card = Summed(), Injected()
    captured = Captured(summed, SIZE, card)
    for _ in range(2 * WARM_UPS):
        assert captured(rows(1.0, SIZE - 1))[0].item() == 2 * (SIZE - 1)
    assert (card.besides, card.recorded) == (0, 0)
    for _ in range(WARM_UPS + 1):
        captured(rows(1.0))
    assert captured(rows(5.0, 1))[0].item() == 10
    assert captured(rows(3.0))[0].item() == 2 * SIZE * 3
    assert (card.recorded, card.replayed) == (1, 2)


def test_it_is_captured_anew_without_warming_up_where_a_number_has_changed() -> None:
    card = Injected()
    captured = Captured(Summed(), SIZE, card)
    for _ in range(WARM_UPS + 1):
        captured(rows(1.0))
    captured.renew()
    assert not captured.replays
    assert captured(rows(2.0))[0].item() == 2 * SIZE * 2
    assert (card.besides, card.recorded, card.replayed) == (WARM_UPS, 2, 2)


def test_what_cannot_be_captured_is_called_and_torch_says_why_in_a_line() -> None:
    captured = Captured(Summed(), SIZE, Unable())
    for value in range(WARM_UPS + 2):
        assert captured(rows(value))[0].item() == 2 * SIZE * value
    assert captured.reason == "operation not permitted when stream is capturing"
    assert not captured.replays


def test_why_is_what_failed_in_the_capture_not_that_it_could_not_be_ended() -> None:
    class Ended(Unable):
        def record(self, function: Callable[[], Tensors]) -> tuple[Callable[[], object], Tensors]:
            try:
                return super().record(function)
            finally:
                raise RuntimeError("operation failed due to a previous error during capture")

    captured = Captured(Summed(), SIZE, Ended())
    for value in range(WARM_UPS + 1):
        captured(rows(value))
    assert captured.reason == "operation not permitted when stream is capturing"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_card_replays_what_changes_tensors_in_place_and_returns_it() -> None:
    card = torch.device("cuda:0")
    weight = torch.ones(2, device=card)

    def moved(given: Tensor) -> Tensors:
        weight.add_(given.mean(dim=0))
        return ((given * weight).sum(),)

    captured, expected = Captured(moved, SIZE, Card(card)), 1.0
    for value in range(WARM_UPS + 3):
        expected += value
        count = SIZE if value != WARM_UPS + 1 else 1  # called, between two replays
        result = captured(rows(value, count).to(card))[0]
        assert result.item() == 2 * count * value * expected
    assert captured.replays


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_card_that_waits_for_a_value_is_not_captured_and_goes_on() -> None:
    card = torch.device("cuda:0")
    captured = Captured(lambda given: (given * given.sum().item(),), SIZE, Card(card))
    for value in range(WARM_UPS + 3):
        result = captured(rows(value).to(card))[0]
        assert result[0, 0].item() == 2 * SIZE * value**2
    assert captured.reason
