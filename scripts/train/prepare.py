"""Trains the byte-level BPE tokenizer on the corpus and writes the token files."""
import argparse
import lzma
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END = "<|endoftext|>"


def read_text(path: Path) -> str:
    data = lzma.open(path).read() if path.suffix == ".xz" else path.read_bytes()
    return data.decode("utf-8")


def documents(text: str) -> list[str]:
    """Cuts the text after each end mark, so that joining the parts gives the text back."""
    parts = text.split(END)
    return [part + END for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def train_tokenizer(texts: list[str], vocab: int) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    rows = [np.array(e.ids, dtype=np.uint16) for e in tokenizer.encode_batch(texts)]
    return np.concatenate(rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path, help="folder with train.txt.xz and valid.txt.xz")
    parser.add_argument("out", type=Path)
    parser.add_argument("--vocab", type=int, default=4096)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    train = documents(read_text(args.corpus / "train.txt.xz"))
    valid = read_text(args.corpus / "valid.txt.xz").encode()[: 1 << 20].decode(errors="ignore")
    tokenizer = train_tokenizer([d.replace(END, "") for d in train], args.vocab)
    tokenizer.save(str(args.out / "tokenizer.json"))
    for name, texts in (("train", train), ("valid", [valid])):
        ids = encode(tokenizer, texts)
        np.save(args.out / f"{name}.npy", ids)
        size = sum(len(t.encode()) for t in texts)
        print(f"{name}: {len(ids)} tokens, {size} bytes, {size / len(ids):.4f} bytes per token")


if __name__ == "__main__":
    main()
