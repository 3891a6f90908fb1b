"""The README's example from Python, run as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

from worlds import small_weights, small_world

README = Path(__file__).parents[1] / "README.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_example_from_python_prints_every_keypoint(tmp_path: Path) -> None:
    (block,) = EXAMPLE.findall(README.read_text("utf-8"))
    image = next((small_world() / "coco/images/val2017").glob("*.jpg"))
    (tmp_path / "photo.jpg").write_bytes(image.read_bytes())
    (tmp_path / "best.pt").write_bytes(small_weights("coco-pose@tiny").read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 17
    assert re.fullmatch(r"nose: -?\d+\.\d -?\d+\.\d \(\d\.\d\d\)", lines[0])
