"""A model's folder in Hugging Face's form, with texts and what transformers computes of one of them."""
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.utils import logging

logging.disable_progress_bar()

START = "</s>"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
GENERATED = 12
CALIBRATION_WORDS = 1200


@dataclass
class Made:
    """A random model, and what is special about it."""
    model: PreTrainedModel
    said: dict
    # Fields of config.json that are written otherwise than by transformers.
    fields: dict = field(default_factory=dict)
    # Changes the model, as it was read again, to what these fields mean.
    patch: Callable[[PreTrainedModel], None] = lambda model: None


Generator = Callable[[random.Random, int, bool], Made]


def random_tokenizer(rng: random.Random) -> tuple[Tokenizer, bool]:
    """Byte-level BPE that joins some pairs of letters; every other one puts a first token before each text, as OPT's does."""
    vocabulary = {START: 0}
    for letter in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocabulary[letter] = len(vocabulary)
    pairs = [(a, b) for a in LETTERS for b in LETTERS]
    merges = rng.sample(pairs, rng.randint(0, 300))
    for a, b in merges:
        vocabulary[a + b] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.add_special_tokens([START])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    starts = rng.random() < 0.5
    if starts:
        tokenizer.post_processor = processors.TemplateProcessing(single=f"{START} $A", special_tokens=[(START, 0)])
    return tokenizer, starts


def random_text(rng: random.Random, words: int) -> str:
    """Words of random letters, and now and then of any characters."""
    def word() -> str:
        letters = LETTERS if rng.random() < 0.9 else [chr(c) for c in (*range(33, 127), *range(0xC0, 0x250), 0x2014, 0x1F600)]
        return "".join(rng.choices(letters, k=rng.randint(1, 8)))
    return " ".join(word() for _ in range(words))


def greedy(model: PreTrainedModel, prompt: list[int], context: int) -> tuple[list[int], torch.Tensor]:
    """The tokens that follow a prompt, and the logits at every position but the last token's."""
    ids = list(prompt)
    while True:
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0]
        if len(ids) == min(context, len(prompt) + GENERATED):
            return ids, logits
        ids.append(int(logits[-1].argmax()))


def write_folder(folder: Path, rng: random.Random, generate: Generator) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer, starts = random_tokenizer(rng)
    made = generate(rng, tokenizer.get_vocab_size(), starts)
    made.model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": START}) + "\n")
    (folder / "calibration.txt").write_text(random_text(rng, CALIBRATION_WORDS), encoding="utf-8")
    (folder / "heldout.txt").write_text(random_text(rng, 200), encoding="utf-8")
    context = made.model.config.max_position_embeddings
    text = random_text(rng, 40)
    while len(tokenizer.encode(text).ids) > min(32, context - GENERATED):
        text = text[:-1]
    prompt = tokenizer.encode(text).ids
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    made.patch(reference)
    ids, logits = greedy(reference, prompt, context)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **made.fields}, indent=1) + "\n")
    logits.numpy().astype(numpy.float32).tofile(folder / "logits.f32")
    said = {**made.said, "starts": starts}
    expected = {"text": text, "promptTokens": len(prompt), "ids": ids, "vocab": logits.shape[1], "model": said}
    (folder / "reference.json").write_text(json.dumps(expected) + "\n")
