"""Random models against transformers: writes tiny checkpoints by seed with reference logits, and lets comet run them (compare.mjs)."""
import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from folder import write_folder
from llama import random_llama
from opt import random_opt

# A generator of each family: from a random source and a vocabulary to a model and a description of it.
FAMILIES = {"opt": random_opt, "llama": random_llama}
COMPARE = Path(__file__).with_name("compare.mjs")


def seeds_of(text: str) -> list[int]:
    """`7`, `0:200` (the end is left out), or several of them with commas."""
    seeds = []
    for part in text.split(","):
        first, _, end = part.partition(":")
        seeds += range(int(first), int(end)) if end else [int(first)]
    return seeds


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0:200", type=seeds_of, help="which: 7, 0:200, or 3,8,20:30")
    parser.add_argument("--family", default="opt", choices=sorted(FAMILIES))
    parser.add_argument("--out", type=Path, help="keep the folders here; a temporary place otherwise")
    parser.add_argument("--json", type=Path, help="write the summary to this file")
    parser.add_argument("--write-only", action="store_true", help="write the folders, run nothing")
    parser.add_argument("--floats", action="store_true", help="run them in floats only, not privately")
    return parser.parse_args()


def write_models(args: argparse.Namespace, out: Path) -> Iterator[Path]:
    for seed in args.seeds:
        torch.manual_seed(seed)
        folder = out / f"{args.family}-{seed:04d}"
        write_folder(folder, random.Random(seed), FAMILIES[args.family])
        yield folder


def compare(folders: Iterator[Path], summary: Path | None, floats: bool) -> int:
    """Comet runs each folder while the next one is written."""
    command = ["node", str(COMPARE), *(["--json", str(summary)] if summary else []), *(["--floats"] if floats else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        for folder in folders:
            print(folder, file=process.stdin, flush=True)
        process.stdin.close()
    return process.returncode


def main() -> int:
    args = options()
    torch.set_num_threads(1)  # models are small
    with tempfile.TemporaryDirectory(prefix="comet-random-") as temporary:
        folders = write_models(args, args.out or Path(temporary))
        if not args.write_only:
            return compare(folders, args.json, args.floats)
        for folder in folders:
            print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
