"""Whose functions a benchmark times: those of a checkout, or their plain equivalents."""

import os
import subprocess
import sys
from pathlib import Path

import peer
import pytest
from sidebyside import PLAIN

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
# The loss of a checkout that is nearly empty: it says 7, whatever is asked.
LOSS = """
class JointsMSELoss:
    def __init__(self, use_target_weight): pass
    def __call__(self, output, maps, weights): return 7
"""
ASK = """
import peer
theirs = peer.load()
print(theirs.mse(None, None, None), peer.who(theirs.mse), "|", peer.who(theirs.targets))
"""


def test_without_a_checkout_every_function_is_the_plain_equivalent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(peer.PEER, raising=False)
    theirs = peer.load()
    assert theirs.coco_figures is None
    given = (theirs.mse, theirs.targets, theirs.network, theirs.training_samples)
    assert {peer.who(function) for function in given} == {PLAIN}


@pytest.mark.slow
def test_what_a_checkout_has_is_timed_and_the_rest_is_said(tmp_path: Path) -> None:
    (tmp_path / "lib" / "core").mkdir(parents=True)
    (tmp_path / "lib" / "core" / "loss.py").write_text(LOSS, "utf-8")
    found = os.pathsep.join((str(BENCHMARKS), str(BENCHMARKS.parent)))
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, "PYTHONPATH": found, peer.PEER: str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    *said, answer = done.stdout.splitlines()
    assert answer == "7 official code | plain equivalent"
    assert f"peer: get_final_preds of {tmp_path} cannot be loaded" in said[0]
    assert len(said) == 7  # all but the loss
    assert not list(tmp_path.rglob("__pycache__"))
