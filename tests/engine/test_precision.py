"""What single precision is in a runtime's contexts; its settings are there without a card."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from hrbench.engine.precision import single
from hrbench.engine.runtime import Runtime
from hrbench.errors import RunError

CARD, CPU = Runtime(torch.device("cuda:0")), Runtime(torch.device("cpu"))


def allowed() -> list[bool]:
    """Whether TF32 is allowed in convolutions, and in products of matrices."""
    convolutions: Any = torch.backends.cudnn
    if not hasattr(convolutions, "conv"):
        return [convolutions.allow_tf32, torch.backends.cuda.matmul.allow_tf32]
    return [
        part.fp32_precision == "tf32" for part in (convolutions.conv, torch.backends.cuda.matmul)
    ]


def test_fp32_is_full_on_a_card_where_torch_would_convolve_in_tf32() -> None:
    before = allowed()
    assert before == [True, False]  # torch's own
    for precision in ("fp32", "bf16"):
        with CARD.rounding(precision):
            assert allowed() == [False, False]
        assert allowed() == before


def test_tf32_is_of_convolutions_and_matrices_and_a_context_within_another_gives_it_back() -> None:
    before = allowed()
    with CARD.rounding("tf32"):
        assert allowed() == [True, True]
        assert torch.get_float32_matmul_precision() == "high"  # as torch's compiler asks for it
        with CARD.rounding("fp32"):
            assert allowed() == [False, False]
            assert torch.get_float32_matmul_precision() == "highest"
        assert allowed() == [True, True]
    assert allowed() == before


def test_settings_are_as_before_after_an_error() -> None:
    before = allowed()
    with pytest.raises(ZeroDivisionError), CARD.rounding("fp32"):
        raise ZeroDivisionError
    assert allowed() == before


def test_a_cpu_is_left_alone() -> None:
    before = allowed()
    with CPU.autocast("fp32"):
        assert allowed() == before


def test_older_torch_is_told_by_its_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    cudnn = SimpleNamespace(allow_tf32=True)
    monkeypatch.setattr(torch.backends, "cudnn", cudnn)
    with single(torch.device("cuda"), tf32=False):
        assert not cudnn.allow_tf32
        assert not torch.backends.cuda.matmul.allow_tf32
    assert cudnn.allow_tf32
    with single(torch.device("cuda"), tf32=True):
        assert cudnn.allow_tf32
        assert torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_a_product_of_matrices_has_the_precision(precision: str, dtype: torch.dtype) -> None:
    with CPU.autocast(precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_tf32_without_a_card_is_refused() -> None:
    with (
        pytest.raises(RunError, match=r"tf32 is how CUDA cards multiply, .* on cpu; use .*fp32"),
        CPU.autocast("tf32"),
    ):
        pass
