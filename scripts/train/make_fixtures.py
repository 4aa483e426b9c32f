"""Writes the texts beside the model and the reference values that our runtime is tested against."""
import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from evaluate import DEFINITION, load, measure
from make_tiny import main as make_tiny
from prepare import documents, read_text


def cut_to_line(data: bytes) -> bytes:
    return data[: data.rindex(b"\n") + 1]


def calibration(text: str, size: int = 256 * 1024, pieces: int = 16) -> bytes:
    """Equal pieces from documents spread over the training text, each from the document's middle."""
    docs = [d for d in documents(text) if len(d) > 8 * size // pieces]
    chosen = [docs[i * len(docs) // pieces] for i in range(pieces)]
    out = []
    for doc in chosen:
        data = doc.encode()
        start = data.index(b"\n", len(data) // 2) + 1
        out.append(cut_to_line(data[start : start + size // pieces]))
    return b"".join(out)


def reference(folder: Path, data: bytes) -> dict:
    """32 ids of the held-out text through transformers, and a check that our copy agrees."""
    tok = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = tok(data[2000:4000].decode(errors="ignore")).input_ids[1:33]
    prompt = tok.decode(ids)
    assert tok(prompt).input_ids == ids, "the prompt must give the same ids back"
    x = torch.tensor([ids])
    with torch.no_grad():
        logits = model(x).logits[0]
        gap = (load(folder)(x)[0] - logits).abs().max().item()
    assert gap < 1e-3, gap
    print(f"largest difference from transformers: {gap:.2e}")
    return {"prompt": prompt, "ids": ids, "lastLogits": logits[-1].tolist(), "argmax": logits.argmax(-1).tolist()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("fixtures", type=Path)
    a = parser.parse_args()
    make_tiny(a.fixtures / "tiny-opt")
    first = read_text(a.corpus / "valid.txt.xz").encode()[:65536]
    first = first.decode(errors="ignore").encode()
    heldout = cut_to_line(first)
    (a.model / "heldout.txt").write_bytes(heldout)
    (a.model / "calibration.txt").write_bytes(calibration(read_text(a.corpus / "train.txt.xz")))
    (a.fixtures / "comet-16m-reference.json").write_text(json.dumps(reference(a.model, heldout)) + "\n")
    net, tok = load(a.model), Tokenizer.from_file(str(a.model / "tokenizer.json"))
    figures = {"definition": DEFINITION}
    for name, data in (("valid65536", first), ("heldout", heldout)):
        figures[name] = measure(net, tok, data)[0]
    (a.fixtures / "comet-16m-eval.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
