"""Writes tests/fixtures/forms.json: what transformers makes of tiny-opt in other forms of config.json and of its tensors.

A form sets, drops or replaces parts of config.json, and edits the tensors by one of EDITS. Its `logits` are those of the last
token, or null where transformers refuses to load it or makes up a tensor.
"""
import json
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, logging

EMBEDDING, HEAD = "model.decoder.embed_tokens.weight", "lm_head.weight"
IDS = [5, 9, 20, 7]


def renamed(weights: dict, old: str, new: str) -> dict:
    return {name.replace(old, new, 1) if name.startswith(old) else name: w for name, w in weights.items()}


# tests/checkpoint-forms.test.ts makes the same edits.
EDITS = {
    "none": lambda w: w,
    "other head": lambda w: {**w, HEAD: w[EMBEDDING].flip(0).contiguous()},
    "same head": lambda w: {**w, HEAD: w[EMBEDDING].clone()},
    "head only": lambda w: {HEAD if name == EMBEDDING else name: value for name, value in w.items()},
    "neither": lambda w: {name: value for name, value in w.items() if name != EMBEDDING},
    "decoder version": lambda w: {**w, "model.decoder.version": torch.tensor([3.0])},
    "no model.": lambda w: renamed(w, "model.", ""),
    "model.model.": lambda w: renamed(w, "model.", "model.model."),
}

FORMS = (
    [{"edit": edit, "set": {"tie_word_embeddings": tied}} for edit in EDITS for tied in (True, False)]
    + [{"edit": "other head", "drop": ["tie_word_embeddings"]}]
    + [
        {"drop": [field]}
        for field in (
            "architectures", "activation_function", "do_layer_norm_before", "word_embed_proj_dim", "eos_token_id", "dtype",
            "pad_token_id", "hidden_size", "ffn_dim", "vocab_size", "max_position_embeddings", "model_type",
        )
    ]
    + [
        {"set": {field: None}}
        for field in (
            "architectures", "quantization_config", "eos_token_id", "bos_token_id", "word_embed_proj_dim", "dtype", "torch_dtype",
            "hidden_size", "enable_bias", "tie_word_embeddings", "_remove_final_layer_norm", "activation_function", "model_type",
        )
    ]
    + [
        {"set": {field: value}}
        for field, value in (
            ("architectures", []), ("architectures", ["OPTModel"]), ("architectures", ["OPTForSequenceClassification"]),
            ("eos_token_id", [0, 3]), ("eos_token_id", []), ("eos_token_id", -1), ("eos_token_id", "2"),
            ("torch_dtype", "bfloat16"), ("_name_or_path", "facebook/opt-125m"), ("auto_map", {"AutoConfig": "x.Y"}),
            ("hidden_act", "gelu"), ("pruned_heads", {}), ("prefix", "</s>"), ("quantization_config", {}),
            ("hidden_size", "32"), ("enable_bias", 1), ("model_type", "OPT"),
        )
    ]
    + [{"raw": ['"dropout": 0.0', '"dropout": 0.0, "x": ' + literal]} for literal in ("Infinity", "-Infinity", "NaN")]
)  # fmt: skip


def text_of(form: dict, config: dict) -> str:
    kept = {key: value for key, value in config.items() if key not in form.get("drop", [])}
    text = json.dumps({**kept, **form.get("set", {})}, indent=2)
    return text.replace(*form["raw"]) if "raw" in form else text


def logits(form: dict, tiny: Path, place: Path) -> list | None:
    (place / "config.json").write_text(text_of(form, json.loads((tiny / "config.json").read_text())))
    weights = EDITS[form.get("edit", "none")](load_file(tiny / "model.safetensors"))
    save_file(weights, place / "model.safetensors", metadata={"format": "pt"})
    try:
        model, info = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32, output_loading_info=True)
    except Exception:
        return None
    if info["missing_keys"]:
        return None
    with torch.no_grad():
        return [round(value, 5) for value in model.eval()(torch.tensor([IDS])).logits[0, -1].tolist()]


def main(fixtures: Path) -> None:
    logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as place:
        forms = [{**form, "logits": logits(form, fixtures / "tiny-opt", Path(place))} for form in FORMS]
    # The logits are few: each is written once.
    values = []
    for form in forms:
        if form["logits"] is not None:
            if form["logits"] not in values:
                values.append(form["logits"])
            form["logits"] = values.index(form["logits"])
    lines = ",\n".join(json.dumps(form) for form in forms)
    result = f'{{"ids": {IDS},\n"values": {json.dumps(values)},\n"forms": [\n{lines}\n]}}\n'
    (fixtures / "forms.json").write_text(result)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
