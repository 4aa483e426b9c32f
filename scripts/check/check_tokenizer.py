"""Compares comet's tokens with those of the Rust library: check_tokenizer.py TOKENIZER_JSON ... (after `npm run build`)."""
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from odd_texts import long_texts, prose, texts
from tokenizers import Tokenizer

COMPARE = Path(__file__).parent / "compare-tokenizer.mjs"


def reference(path: str, count: int) -> dict:
    tokenizer = Tokenizer.from_file(path)
    encoded = [(text, tokenizer.encode(text).ids) for text in texts(count, 1)]
    long = [(text, tokenizer.encode(text).ids) for text in [*long_texts(1), prose(1_000_000, 1)]]
    rng = random.Random(2)
    size = tokenizer.get_vocab_size()
    streams = [ids for _, ids in encoded] + [[rng.randrange(size) for _ in range(rng.randint(1, 12))] for _ in range(count)]
    return {"encoded": encoded, "long": long, "decoded": [(ids, tokenizer.decode(ids)) for ids in streams]}


def main(paths: list[str]) -> None:
    for path in paths:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(reference(path, 2000), file)
            file.flush()
            subprocess.run(["node", str(COMPARE), path, file.name], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
