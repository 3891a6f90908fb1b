import hashlib
from pathlib import Path

from hrbench.report import files


def test_each_file_that_a_run_has_left_has_the_hash_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    for name in ("spec.toml", "predictions.npz", "checkpoints/best.pt", "log.csv"):
        (tmp_path / name).write_bytes(name.encode())
    assert files.hashes(tmp_path) == {
        name: hashlib.sha256(name.encode()).hexdigest()
        for name in ("spec.toml", "predictions.npz", "checkpoints/best.pt")
    }
