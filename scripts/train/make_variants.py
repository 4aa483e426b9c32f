"""Writes tests/fixtures/variants: a tiny random OPT for every architecture field that matters, with transformers' logits."""
import json
import sys
from pathlib import Path

import torch
from transformers import OPTConfig, OPTForCausalLM

COMMON = {
    "vocab_size": 264, "hidden_size": 24, "num_hidden_layers": 2, "ffn_dim": 40, "num_attention_heads": 3,
    "max_position_embeddings": 64, "activation_function": "relu", "dropout": 0.0, "bos_token_id": 0,
    "eos_token_id": 0, "pad_token_id": 0, "do_layer_norm_before": True, "enable_bias": True,
    "layer_norm_elementwise_affine": True, "tie_word_embeddings": True,
}  # fmt: skip
PLAIN = {"enable_bias": False, "layer_norm_elementwise_affine": False}
# name: (fields, type of the weights, size of a shard)
VARIANTS = {
    "biases": ({"layer_norm_elementwise_affine": False}, torch.float32, None),
    "affine": ({"enable_bias": False}, torch.float32, None),
    "published": ({}, torch.float16, None),  # as OPT-125M
    "odd-shape": ({"hidden_size": 20, "num_attention_heads": 5, "ffn_dim": 52}, torch.bfloat16, None),
    "untied": ({**PLAIN, "tie_word_embeddings": False}, torch.float32, None),
    "projected": ({"word_embed_proj_dim": 16}, torch.float32, "20KB"),
    "projected-untied": ({"word_embed_proj_dim": 32, "tie_word_embeddings": False}, torch.float32, None),
    "post-norm": ({**PLAIN, "do_layer_norm_before": False}, torch.float32, None),
    "post-norm-projected": ({"do_layer_norm_before": False, "word_embed_proj_dim": 16}, torch.float16, None),  # as OPT-350M
    "no-final-norm": ({"_remove_final_layer_norm": True}, torch.float32, None),
}
TOKENS = 12


def randomise(model: OPTForCausalLM) -> None:
    for name, p in model.named_parameters():
        if name.endswith("layer_norm.weight"):
            torch.nn.init.normal_(p, mean=1.0, std=0.3)
        else:
            torch.nn.init.normal_(p, std=0.25)  # large enough that the logits are not flat


def write(out: Path, seed: int, fields: dict, kind: torch.dtype, shard: str | None) -> None:
    torch.manual_seed(seed)
    model = OPTForCausalLM(OPTConfig(**{**COMMON, "word_embed_proj_dim": fields.get("hidden_size", 24), **fields})).eval()
    randomise(model)
    model.to(kind).save_pretrained(out, **({"max_shard_size": shard} if shard else {}))
    (out / "generation_config.json").unlink(missing_ok=True)
    for file in out.iterdir():
        file.chmod(0o644)
    ids = torch.randint(1, COMMON["vocab_size"], (1, TOKENS))
    with torch.no_grad():
        logits = OPTForCausalLM.from_pretrained(out, dtype=torch.float32).eval()(ids).logits[0]
    rounded = [[round(v, 5) for v in row] for row in logits.tolist()]
    (out / "reference.json").write_text(json.dumps({"ids": ids[0].tolist(), "logits": rounded}) + "\n")


def main(out: Path) -> None:
    for seed, (name, (fields, kind, shard)) in enumerate(VARIANTS.items()):
        (out / name).mkdir(parents=True, exist_ok=True)
        write(out / name, seed, fields, kind, shard)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
