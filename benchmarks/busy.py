"""Time a short training alone and beside another of its kind: each at most 2.2 times as long.

    python benchmarks/busy.py [--epochs 4] [--images 64] [--rounds 3] [--most 2.2]

Two at once share the cores, so twice as long is what they cost. More is lost to threads that
spin while they wait for a core; `hrbench` lets them sleep. OMP_WAIT_POLICY=active in front of
the command shows what it was like. Exits with 1 if one takes longer.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HRBENCH = str(Path(sys.executable).with_name("hrbench"))


def seconds(data: Path, epochs: int, at_once: int) -> list[float]:
    """Return how long each of some trainings takes that are started together."""
    command = [HRBENCH, "run", "coco-pose@tiny", "--data", str(data), "--epochs", str(epochs)]
    command += ["--device", "cpu"]
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        running = {
            subprocess.Popen(
                [*command, "--out", f"{out}/{number}"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(at_once)
        }
        taken = []
        while running:
            for process in [process for process in running if process.poll() is not None]:
                taken.append(time.perf_counter() - started)
                running.remove(process)
                _, said = process.communicate()
                if process.returncode:
                    raise SystemExit(f"hrbench run ended with {process.returncode}: {said}")
            time.sleep(0.01)
    return taken


def main() -> None:
    """Print the seconds of each round and the ratio; exit 1 if it is too large."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--epochs", type=int, default=4, help="of each training")
    parser.add_argument("--images", type=int, default=64, help="of the synthetic set")
    parser.add_argument("--at-once", type=int, default=2, help="trainings beside each other")
    parser.add_argument("--rounds", type=int, default=3, help="alone and together, in turn")
    parser.add_argument("--most", type=float, default=2.2, help="times as long as alone")
    chosen = parser.parse_args()
    alone, together = [], []
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        make = [HRBENCH, "make", "coco", folder, "--images", str(chosen.images)]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(chosen.rounds):
            alone += seconds(data, chosen.epochs, 1)
            together.append(max(seconds(data, chosen.epochs, chosen.at_once)))
            words = f"alone {alone[-1]:.1f} s, {chosen.at_once} at once {together[-1]:.1f} s each"
            print(words, flush=True)
    ratio = statistics.median(together) / statistics.median(alone)
    print(f"{ratio:.2f} times as long as alone; {chosen.most} is the most")
    if ratio > chosen.most:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
