"""Writes tests/fixtures/tokenizers.json: small tokenisers with every feature, and what the Rust library makes of odd texts.

Each has the parts of a tokenizer.json that differ; `model` names one of two vocabularies. `ids` has the tokens of each text and
`decoded` the text of each list of tokens; null stands for what the first case of the vocabulary has there.
"""
import json
import random
import sys
from pathlib import Path

from odd_texts import texts
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

CORPUS = [
    "the quick brown fox jumps over the lazy dog and then the words of the other wordsmith", "she'd say: we're here, aren't they? I'll word it",
    "caf\u00e9 na\u00efve 123 4567 \u4f60\u597d \u4e16\u754c \U0001f600 def f(x):\n    return x\n\n", "in the beginning there was a word, and the word was long",
]  # fmt: skip


def special(id: int, content: str, **flags: bool) -> dict:
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": id, "content": content, **plain, **flags}


def byte_model() -> dict:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = ["<s>", "<pad>", "</s>", "<unk>"]
    core.train_from_iterator(
        CORPUS * 3, trainers.BpeTrainer(vocab_size=340, special_tokens=names, initial_alphabet=alphabet, show_progress=False)
    )
    return json.loads(core.to_str())["model"]


def piece_model() -> dict:
    core = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    core.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    core.train_from_iterator(CORPUS * 3, trainers.BpeTrainer(vocab_size=420, special_tokens=names, show_progress=False))
    return json.loads(core.to_str())["model"]


LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
DEEPSEEK = r"[!-/:-~]?[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CASED = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
WORDS = ["word", "dog"]


def byte_level(prefix: bool = False, regex: bool = True) -> dict:
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}


def split(pattern: dict, behavior: str, invert: bool = False) -> dict:
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def sequence(key: str, *parts: dict) -> dict:
    return {"type": "Sequence", key: list(parts)}


def template(*names_and_ids: tuple, after: tuple = ()) -> dict:
    tokens = {name: {"id": name, "ids": ids, "tokens": [name] * len(ids)} for name, ids in (*names_and_ids, *after)}
    piece = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}
    single = [piece(name) for name, _ in names_and_ids] + [{"Sequence": {"id": "A", "type_id": 0}}] + [piece(name) for name, _ in after]
    pair = single + [{"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens}


PIECES = sequence(
    "decoders", {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
    {"type": "Strip", "content": " ", "start": 1, "stop": 0},
)  # fmt: skip
PREPEND = sequence(
    "normalizers", {"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
)


SPACES = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}


def metaspace(scheme: str, cut: bool) -> dict:
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": cut}


BYTE = {"model": "byte", "pre_tokenizer": byte_level(), "decoder": byte_level(True)}
PIECE = {"model": "piece", "normalizer": PREPEND, "decoder": PIECES}


def split_byte(*parts: dict) -> dict:
    return {**BYTE, "pre_tokenizer": sequence("pretokenizers", *parts, byte_level(regex=False))}


def byte_cases() -> dict:
    extra = [special(340, "<mask>", lstrip=True), special(341, "<|im_start|>"), special(342, "<|im_end|>")]
    cases = {
        "gpt2": BYTE,
        "opt": {**BYTE, "post_processor": template(("</s>", [2]))},
        "roberta": {**BYTE, "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": True}},
        "bert": {**BYTE, "post_processor": {"type": "BertProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]}},
        "llama3": {**split_byte(split({"Regex": LLAMA3}, "Isolated")), "ignore_merges": True, "post_processor": sequence("processors", byte_level(True), template(("<s>", [0])))},
        "qwen2": {**split_byte(split({"Regex": QWEN2}, "Isolated")), "normalizer": {"type": "NFC"}, "post_processor": byte_level()},
        "mistral-nemo": {**split_byte(split({"Regex": CASED}, "Isolated")), "ignore_merges": True, "post_processor": template(("<s>", [0]))},
        "gpt-4": split_byte(split({"Regex": LLAMA3}, "Removed", True)),
        "qwen3": {**split_byte(split({"Regex": QWEN2}, "Isolated")), "normalizer": {"type": "NFC"}, "added": [special(340, "<think>", special=False), special(341, "<|im_start|>"), special(342, "<|im_end|>")]},
        "smollm2": {**BYTE, "pre_tokenizer": sequence("pretokenizers", {"type": "Digits", "individual_digits": True}, byte_level())},
        "digits-together": split_byte({"type": "Digits", "individual_digits": False}),
        "deepseek": split_byte(split({"Regex": r"[\r\n]"}, "Isolated"), split({"Regex": r"\s?\p{L}+"}, "Isolated"), split({"Regex": DEEPSEEK}, "Removed", True)),
        "prefix-space": {**BYTE, "pre_tokenizer": byte_level(True)},
        "nfd": {**BYTE, "normalizer": {"type": "NFD"}},
        "whitespace-split": {**BYTE, "pre_tokenizer": sequence("pretokenizers", {"type": "WhitespaceSplit"}, byte_level())},
        "padding-longest": {**BYTE, "padding": {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 1, "pad_type_id": 0, "pad_token": "<pad>"}},
        "template-two": {**BYTE, "post_processor": template(("<s>", [0, 2]), after=(("</s>", [2]),))},
        "dropout-zero": {**BYTE, "dropout": 0.0},
    }  # fmt: skip
    for behavior in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        for invert in (False, True):
            cases[f"split-{behavior}-{invert}"] = split_byte(split({"Regex": r"\s+|[,.]"}, behavior, invert))
        cases[f"split-string-{behavior}"] = split_byte(split({"String": "o"}, behavior))
    for flag in ("single_word", "lstrip", "rstrip", "normalized"):
        words = [special(343 + i, word, special=False, **{flag: True}) for i, word in enumerate(WORDS)]
        cases[f"added-{flag}"] = {**BYTE, "added": extra + words}
        cases[f"added-{flag}-nfc"] = {**BYTE, "normalizer": {"type": "NFC"}, "added": extra + [special(343, "cafe\u0301", **{flag: True})]}
    both = special(343, "word", lstrip=True, rstrip=True, single_word=True)
    spaces = [special(344 + i, " " * (i + 2), special=False) for i in range(3)]
    cases["added-all"] = {**BYTE, "added": extra + [both, *spaces, special(347, "\n\n", rstrip=True), special(348, "words")]}
    return cases


def piece_cases() -> dict:
    bos = template(("<s>", [1]))
    plain = {"model": "piece", "normalizer": None, "decoder": PIECES}
    mark = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    cases = {
        "llama2": {**PIECE, "post_processor": bos},
        "gemma2": {**PIECE, "normalizer": SPACES, "pre_tokenizer": split({"String": " "}, "MergedWithPrevious"), "decoder": sequence("decoders", *PIECES["decoders"][:3]), "post_processor": bos},
        "tinyllama-normalized": {**PIECE, "post_processor": bos, "added": [special(420, "<mask>", normalized=True), special(421, "word", normalized=True, special=False)]},
        "no-prepend": {**PIECE, "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}},
        "no-unk-fusing": {**PIECE, "fuse_unk": False, "byte_fallback": False},
        "unk-fused": {**PIECE, "byte_fallback": False},
        "some-bytes": {**PIECE, "without": ["<0xE4>", "<0xF0>"]},
        "some-bytes-unfused": {**PIECE, "fuse_unk": False, "without": ["<0xE4>", "<0xF0>"]},
        "no-unk": {**PIECE, "byte_fallback": False, "unk_token": None},
        "metaspace-decoder": {**PIECE, "decoder": mark},
        "metaspace-never-decoder": {**PIECE, "decoder": metaspace("never", True)},
        "no-decoder": {**PIECE, "decoder": None},
        "replace-regex": {**PIECE, "normalizer": sequence("normalizers", {"type": "Replace", "pattern": {"Regex": r"[\s]{2,}"}, "content": " $1"}, PREPEND)},
    }  # fmt: skip
    for scheme in ("always", "first", "never"):
        for cut in (True, False):
            cases[f"metaspace-{scheme}-{cut}"] = {**plain, "pre_tokenizer": metaspace(scheme, cut), "post_processor": bos}
    return cases


def refused_cases() -> dict:
    """What comet does not implement: it must say so by this name."""
    wordpiece = {"type": "WordPiece", "prefix": "##", "cleanup": True}
    return {
        "truncation": {**BYTE, "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}},
        "padding": {**BYTE, "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 1, "pad_type_id": 0, "pad_token": "<pad>"}},
        "model.dropout": {**BYTE, "dropout": 0.5},
        "model.end_of_word_suffix": {**BYTE, "end_of_word_suffix": "</w>"},
        "model.continuing_subword_prefix": {**BYTE, "continuing_subword_prefix": "##"},
        "normalizer.type": {**BYTE, "normalizer": {"type": "Lowercase"}},
        "normalizer.normalizers[1].type": {**BYTE, "normalizer": sequence("normalizers", {"type": "NFC"}, {"type": "Strip", "strip_left": True, "strip_right": True})},
        "pre_tokenizer.type": {**BYTE, "pre_tokenizer": {"type": "Punctuation", "behavior": "Isolated"}},
        "pre_tokenizer.pretokenizers[0].pattern.Regex": split_byte(split({"Regex": r"\w+|[^\w\s]+"}, "Isolated")),
        "decoder.type": {**BYTE, "decoder": wordpiece},
        "decoder.stop": {**PIECE, "decoder": {"type": "Strip", "content": " ", "start": 0, "stop": 1}},
        "decoder.decoders[4].pattern": {**PIECE, "decoder": sequence("decoders", *PIECES["decoders"], {"type": "Replace", "pattern": {"String": " ."}, "content": "."})},
        "added_tokens[4].id": {**BYTE, "added": [special(345, "<mask>")]},
        "pre_tokenizer.prepend_scheme": {**PIECE, "pre_tokenizer": metaspace("first", False)},
        "pre_tokenizer.pretokenizers[0].behavior": split_byte(split({"Regex": "a"}, "isolated")),
    }  # fmt: skip


MODEL_FIELDS = ["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges"]


def definition(case: dict, base: dict) -> dict:
    """tests/tokenizers.test.ts does the same."""
    model = {**base[case["model"]], **{field: case[field] for field in MODEL_FIELDS if field in case}}
    model["vocab"] = {token: id for token, id in model["vocab"].items() if token not in case.get("without", [])}
    names = {"byte": ["<s>", "<pad>", "</s>", "<unk>"], "piece": ["<unk>", "<s>", "</s>"]}[case["model"]]
    added = [special(id, name) for id, name in enumerate(names)] + case.get("added", [])
    parts = {part: case.get(part) for part in ("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder")}
    return {"version": "1.0", **parts, "added_tokens": added, "model": model}


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def other_than(values: list, known: list) -> list:
    return [None if value == same else value for value, same in zip(values, known)]


def main(fixtures: Path) -> None:
    base = {"byte": byte_model(), "piece": piece_model()}
    rng = random.Random(3)
    inputs = texts(30, 1)
    lists = [[rng.randrange(345) for _ in range(rng.randint(0, 10))] for _ in range(40)]
    cases, first = [], {}
    for name, case in {**byte_cases(), **piece_cases()}.items():
        core = Tokenizer.from_str(json.dumps(definition(case, base)))
        ids = [core.encode(text).ids for text in inputs]
        decoded = [core.decode(each) for each in lists]
        known = first.get(case["model"], {"ids": [None] * len(ids), "decoded": [None] * len(lists)})
        results = {"ids": other_than(ids, known["ids"]), "decoded": other_than(decoded, known["decoded"])}
        first.setdefault(case["model"], {"ids": ids, "decoded": decoded})
        cases.append({"name": name, **case, **results})
    refused = [{"name": name, **case} for name, case in refused_cases().items()]
    result = {"models": base, "texts": inputs, "lists": lists, "cases": cases, "refused": refused}
    lines = [f"{json.dumps(key)}: {compact(value)}" for key, value in result.items() if key not in ("cases", "refused")]
    for key in ("cases", "refused"):
        lines.append(f'"{key}": [\n' + ",\n".join(compact(case) for case in result[key]) + "\n]")
    (fixtures / "tokenizers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
