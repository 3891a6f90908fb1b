import pytest
import torch
from torch import Tensor, nn

from hrbench.heads.temporal_lift import TemporalLifter


def lifter(*widths: int, causal: bool = False) -> TemporalLifter:
    torch.manual_seed(0)
    built = TemporalLifter(3, 2, widths=widths, channels=8, causal=causal)
    for module in built.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return built.eval()


def frames_read(network: TemporalLifter, frames: int, answer: int) -> list[int]:
    """Which of so many frames change one of the answers."""
    x = torch.randn(1, frames, 3, 2, requires_grad=True)
    network(x)[0, answer].sum().backward()
    assert x.grad is not None
    return torch.nonzero(x.grad.abs().sum((0, 2, 3))).flatten().tolist()


@pytest.mark.parametrize(
    ("widths", "field"), [((1, 1), 1), ((3,) * 3, 27), ((3,) * 4, 81), ((3,) * 5, 243)]
)
def test_an_answer_reads_its_receptive_field(widths: tuple[int, ...], field: int) -> None:
    network = lifter(*widths)
    assert (network.receptive_field, network.pad) == (field, (field - 1) // 2)
    assert frames_read(network, field + 2, answer=1) == list(range(1, field + 1))


def test_every_frame_gets_an_answer_but_those_at_the_ends() -> None:
    assert lifter(3, 5)(torch.randn(2, 20, 3, 2)).shape == (2, 6, 2, 3)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("widths", [(1,), (3,), (1, 1, 1), (3, 3, 3), (3, 5), (5, 1, 3)])
def test_one_frame_is_the_answer_of_the_whole(widths: tuple[int, ...], causal: bool) -> None:
    network = lifter(*widths, causal=causal)
    field = network.receptive_field
    x = torch.randn(2, field + 1, 3, 2)
    answers: Tensor = network(x)
    for start in range(2):
        alone = network.one_frame(x[:, start : start + field])
        torch.testing.assert_close(alone, answers[:, start : start + 1])


def test_the_middle_frame_is_carried_through_and_by_a_causal_network_the_last() -> None:
    carried = {False: [12, 13, 14], True: [24, 25, 26]}  # of 27: what the first filter reads
    for causal, frames in carried.items():
        network = lifter(3, 3, 3, causal=causal)
        for parameter in network.layers_bn.parameters():
            nn.init.zeros_(parameter)  # the filters answer 0
        assert frames_read(network, 27, answer=0) == frames


def test_a_causal_network_looks_only_back() -> None:
    network = lifter(3, 3, causal=True)
    before = network.pad + network.causal_shift  # what is put before a sequence, and nothing after
    assert (before, network.pad - network.causal_shift) == (8, 0)
    assert frames_read(network, before + 4, answer=2) == list(range(2, before + 2 + 1))
    assert lifter(3, 3).causal_shift == 0


def test_both_forms_train_the_same_parameters() -> None:
    network = lifter(3, 3).train()
    network.one_frame(torch.randn(4, 9, 3, 2)).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_filters_without_a_middle_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be odd, not \[3, 2\]"):
        lifter(3, 2)
    with pytest.raises(ValueError, match=r"must be odd, not \[\]"):
        lifter()


def test_too_few_frames_are_refused_with_both_numbers() -> None:
    with pytest.raises(ValueError, match="8 frames, receptive field 9"):
        lifter(3, 3)(torch.randn(1, 8, 3, 2))
    with pytest.raises(ValueError, match="10 frames, receptive field 9"):
        lifter(3, 3).one_frame(torch.randn(1, 10, 3, 2))
