"""What is normalised is part of an exported network, as of a traced one.

Apart from these, as PyTorch exports it from the version on that `hrbench export` asks for.
"""

import torch

from hrbench.backbone.input import IMAGENET, Normalisation


def test_what_is_normalised_is_part_of_an_exported_network() -> None:
    normalise = Normalisation(IMAGENET)
    one, other = torch.randint(0, 256, (2, 1, 4, 4, 3), dtype=torch.uint8)
    exported = torch.export.export(normalise, (one,)).module()
    assert torch.equal(exported(other), normalise(other))
