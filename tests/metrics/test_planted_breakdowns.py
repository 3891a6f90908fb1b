"""What `benchmarks/planted_breakdowns.py` plants is found, in small."""

import numpy as np
import planted_breakdowns
import pytest
from planted_breakdowns import Row


@pytest.mark.parametrize(
    ("world", "samples"),
    [("faces", 150), ("joints", 100), ("classes", 2000), ("scores", 2000)],
)
def test_what_is_planted_is_found(world: str, samples: int) -> None:
    rng = np.random.default_rng(1)
    rows: list[Row] = list(getattr(planted_breakdowns, world)(rng, samples))
    assert rows
    assert [row for row in rows if not row.right] == []


def test_what_is_not_found_is_told() -> None:
    assert not Row("a share", planted=10, found=14.1, within=4).right
    assert Row("a share", planted=10, found=13.9, within=4).right
