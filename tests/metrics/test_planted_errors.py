"""What a metric's breakdown finds is what was planted: `benchmarks/planted_errors.py`."""

import numpy as np
import planted_errors
import pytest
from planted_errors import World

from hrbench.metrics.inputs import KeypointSetting

SETTINGS: dict[str, KeypointSetting] = {
    "oks": planted_errors.shipped_setting("coco"),
    "crowdpose": planted_errors.shipped_setting("crowdpose"),
    "own": planted_errors.own_setting(),
}


@pytest.mark.parametrize("name", list(SETTINGS))
def test_every_kind_is_found_as_often_as_it_was_planted(name: str) -> None:
    world: World = planted_errors.planted(SETTINGS[name], 400, np.random.default_rng(1))
    groups = planted_errors.breakdown(world, "oks" if name == "own" else name)
    planted = planted_errors.planted_counts(world)
    assert min(planted.values()) > 0
    assert {kind: groups["error"][kind]["count"] for kind in planted} == planted
    for keypoint, row in planted_errors.planted_shares(world).items():
        assert groups["keypoint_error"][keypoint] == pytest.approx(row)
