"""Writes tests/fixtures/llamas: a tiny random model of every kind of Llama's form, with transformers' logits."""
import json
import sys
from pathlib import Path

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM
from transformers import PreTrainedModel, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

FAMILIES = {
    "llama": (LlamaConfig, LlamaForCausalLM),
    "mistral": (MistralConfig, MistralForCausalLM),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
}
COMMON = {
    "vocab_size": 264, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
    "tie_word_embeddings": True, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None,
}  # fmt: skip
ROTATIONS = {
    "linear": {"rope_type": "linear", "factor": 2.0},
    "llama3": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32,
    },
    "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16},
    "longrope": {
        "rope_type": "longrope", "short_factor": [1.0, 1.1, 1.5, 2.0], "long_factor": [1.0, 2.0, 4.0, 8.0], "factor": 4.0,
        "original_max_position_embeddings": 32,
    },
    "dynamic": {"rope_type": "dynamic", "factor": 2.0},
}  # fmt: skip


def rotated(kind: str) -> dict:
    return {"rope_parameters": {"rope_theta": 500.0, **ROTATIONS[kind]}}


# name: (family, fields, type of the weights)
KINDS = {
    "silu": ("llama", {}, torch.float16),
    "relu": ("llama", {"hidden_act": "relu", "num_key_value_heads": 1}, torch.float16),
    "relu2": ("llama", {"hidden_act": "relu2"}, torch.float16),
    "gelu": ("llama", {"hidden_act": "gelu"}, torch.float16),
    "gelu-tanh": ("llama", {"hidden_act": "gelu_pytorch_tanh"}, torch.float16),
    "fatrelu": ("llama", {"hidden_act": "fatrelu", "hidden_act_param": 0.25}, torch.float16),
    "biases": ("llama", {"attention_bias": True, "mlp_bias": True, "num_key_value_heads": 4}, torch.float32),
    "relu-biases": ("llama", {"hidden_act": "relu", "attention_bias": True, "mlp_bias": True}, torch.bfloat16),
    "untied": ("llama", {"tie_word_embeddings": False, "head_dim": 10, "rms_norm_eps": 1e-6}, torch.float16),
    "old-fields": ("llama", {"rope_parameters": {"rope_theta": 200.0, **ROTATIONS["llama3"]}}, torch.float16),
    **{name: ("llama", rotated(name), torch.float16) for name in ROTATIONS},
    "mistral": ("mistral", {"sliding_window": 32}, torch.float16),
    "qwen2": ("qwen2", {"num_attention_heads": 3, "num_key_value_heads": 1}, torch.float16),
    "qwen3": ("qwen3", {"head_dim": 12}, torch.float16),
    "qwen3-yarn": ("qwen3", {"attention_bias": True, **rotated("yarn")}, torch.float16),
}
TOKENS = 24


class FatRelu(nn.Module):
    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.where(x > self.threshold, x, torch.zeros_like(x))


def randomise(model: PreTrainedModel) -> None:
    for name, p in model.named_parameters():
        if "norm" in name:
            nn.init.normal_(p, mean=1.0, std=0.3)
        else:
            nn.init.normal_(p, std=0.25)  # large enough that the logits are not flat


def make(family: str, fields: dict) -> PreTrainedModel:
    config, model = FAMILIES[family]
    known = {**fields, "hidden_act": "relu"} if "hidden_act_param" in fields else fields
    return model(config(**{**COMMON, **known})).eval()


def read_again(out: Path, family: str, fields: dict) -> PreTrainedModel:
    """In f32: a model that was converted has other frequencies."""
    model = FAMILIES[family][1].from_pretrained(out, dtype=torch.float32).eval()
    if "hidden_act_param" in fields:
        for layer in model.model.layers:
            layer.mlp.act_fn = FatRelu(fields["hidden_act_param"])
    return model


def rewrite(out: Path, name: str, fields: dict) -> None:
    """What transformers does not write: fields of other programs, and those of its older versions."""
    config = json.loads((out / "config.json").read_text())
    if "hidden_act_param" in fields:
        config |= {**fields, "architectures": ["SparseLlamaForCausalLM"]}
    if name == "old-fields":
        scaling = config.pop("rope_parameters")
        config["rope_theta"] = scaling.pop("rope_theta")
        config["rope_scaling"] = scaling
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def write(out: Path, seed: int, name: str) -> None:
    family, fields, kind = KINDS[name]
    torch.manual_seed(seed)
    model = make(family, fields)
    randomise(model)
    model.to(kind).save_pretrained(out)
    (out / "generation_config.json").unlink(missing_ok=True)
    model = read_again(out, family, fields)
    rewrite(out, name, fields)
    for file in out.iterdir():
        file.chmod(0o644)
    ids = torch.randint(1, COMMON["vocab_size"], (1, TOKENS))
    with torch.no_grad():
        logits = model(ids).logits[0]
    # All rows depend on those before them: the last ones are enough.
    rounded = [[round(v, 5) for v in row] for row in logits[-4:].tolist()]
    (out / "reference.json").write_text(json.dumps({"ids": ids[0].tolist(), "logits": rounded}) + "\n")


def main(out: Path) -> None:
    for seed, name in enumerate(KINDS):
        (out / name).mkdir(parents=True, exist_ok=True)
        write(out / name, seed, name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
