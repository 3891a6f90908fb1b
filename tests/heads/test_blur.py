import pytest
import torch

from hrbench.heads.blur import blur, blur_radius


def test_the_blur_is_as_wide_as_the_published_kernels() -> None:
    assert [2 * blur_radius(sigma) + 1 for sigma in (1, 1.5, 2, 3)] == [5, 9, 11, 17]


def test_the_blur_keeps_the_maximum_and_sees_zeros_outside() -> None:
    maps = torch.ones(1, 1, 40, 30)
    blurred = blur(maps, 2)
    assert blurred.max().item() == pytest.approx(1)
    assert blurred[0, 0, 20, 15].item() == pytest.approx(1)
    middle = 0.5 + 0.5 * 0.2  # on the edge: half of the kernel, and half of its middle weight
    assert blurred[0, 0, 20, 0].item() == pytest.approx(middle, abs=0.01)


def test_the_blur_of_a_point_is_the_kernel() -> None:
    maps = torch.zeros(1, 1, 16, 12)
    maps[0, 0, 8, 6] = 2
    row = blur(maps, 2)[0, 0, 8]
    assert row[6] == pytest.approx(2)
    assert row[7].item() / 2 == pytest.approx(0.8825, abs=1e-4)  # exp(-1/8): sigma 2
    assert row[0] == 0  # six cells away, one beyond the kernel
