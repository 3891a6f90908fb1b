"""What `benchmarks/structure.py` counts stays small: kinds asked for, reads of a file, calls."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WAY = re.compile(r"(\S+) is read (\d+) calls below the road: ")
KEYS = ("model.codec", "protocol.flip_test", "recipe.lr")
DEEPEST = 4


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / "benchmarks").is_dir(), reason="in a checkout only")
def test_keys_are_read_near_the_road_and_their_file_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "structure.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 times the task's file is read" in done.stdout
    ways = {key: int(calls) for key, calls in WAY.findall(done.stdout)}
    assert {key: ways[key] for key in KEYS if ways[key] > DEEPEST} == {}
