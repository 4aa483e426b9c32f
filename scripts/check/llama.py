"""A random model of Llama's form: any family, any shape, any kind of rotation and activation, with values far outside the others."""
import random

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM
from transformers import PreTrainedModel, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

from folder import Made
from opt import KINDS, plant

FAMILIES = {
    "llama": (LlamaConfig, LlamaForCausalLM),
    "mistral": (MistralConfig, MistralForCausalLM),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
}
ACTIVATIONS = ["silu", "silu", "relu", "relu", "relu2", "gelu", "gelu_pytorch_tanh", "gelu_new", "swish", "fatrelu"]


class FatRelu(nn.Module):
    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.where(x > self.threshold, x, torch.zeros_like(x))


def rotation(rng: random.Random, head_width: int, context: int) -> dict:
    """Parameters of a kind of rotation."""
    original = rng.choice([context // 2, context // 4, context])
    kinds = {
        "default": {},
        "linear": {"factor": rng.uniform(1, 8)},
        "dynamic": {"factor": rng.uniform(1, 8)},
        "llama3": {
            "factor": rng.uniform(1, 16), "low_freq_factor": rng.uniform(0.5, 2), "high_freq_factor": rng.uniform(2.5, 8),
            "original_max_position_embeddings": original,
        },
        "yarn": {"factor": rng.uniform(1, 8), "original_max_position_embeddings": original},
        "longrope": {
            "factor": rng.uniform(1, 8), "original_max_position_embeddings": context,
            "short_factor": [rng.uniform(1, 4) for _ in range(head_width // 2)],
            "long_factor": [rng.uniform(1, 4) for _ in range(head_width // 2)],
        },
    }  # fmt: skip
    kind = rng.choice(["default", *kinds])
    if kind == "yarn":
        optional = {"attention_factor": rng.uniform(0.8, 1.5), "beta_fast": rng.uniform(8, 40), "beta_slow": rng.uniform(1, 4), "truncate": False}
        kinds[kind] |= {name: value for name, value in optional.items() if rng.random() < 0.4}
    if kind == "longrope" and rng.random() < 0.4:
        kinds[kind]["attention_factor"] = rng.uniform(0.8, 1.5)
    return {"rope_type": kind, "rope_theta": 10 ** rng.uniform(1.5, 6), **kinds[kind]}


def random_fields(rng: random.Random, family: str, tokens: int) -> dict:
    heads = rng.choice([1, 2, 3, 4, 6, 8])
    head_width = rng.choice([4, 6, 8, 12, 16, 32])
    # The class of Llama wants a width of whole heads, whatever `head_dim` says.
    width = heads * rng.choice([4, 5, 8, 12]) if family == "llama" else rng.choice([16, 24, 30, 40, 64])
    context = rng.choice([32, 48, 64, 100, 128])
    fields = {
        "vocab_size": tokens + rng.choice([0, 1, 7, 64]),
        "hidden_size": max(width, 8),
        "intermediate_size": rng.choice([8, 20, 33, 64, 100, 128, 200, 256, 400]),
        "num_hidden_layers": rng.randint(1, 4),
        "num_attention_heads": heads,
        "num_key_value_heads": rng.choice([n for n in range(1, heads + 1) if heads % n == 0]),
        "head_dim": head_width,
        "max_position_embeddings": context,
        "rms_norm_eps": rng.choice([1e-5, 1e-6]),
        "tie_word_embeddings": rng.random() < 0.5,
        "hidden_act": rng.choice(ACTIVATIONS),
        "rope_parameters": rotation(rng, head_width, context),
        "bos_token_id": 0,
        "eos_token_id": 0,
    }
    if family in ("llama", "qwen3"):
        fields["attention_bias"] = rng.random() < 0.4
    if family == "llama":
        fields["mlp_bias"] = rng.random() < 0.4
    if family == "mistral":
        fields["sliding_window"] = rng.choice([None, context, 4096])
    return fields


def randomise(rng: random.Random, model: PreTrainedModel) -> None:
    """Weights that give activations of ordinary size."""
    spread = rng.uniform(0.5, 1.5)
    embedding = 10 ** rng.uniform(-1.7, 0)
    for name, p in model.named_parameters():
        if "norm" in name:
            nn.init.normal_(p, mean=1.0, std=0.3)
        elif "embed_" in name:
            nn.init.normal_(p, std=embedding)
        elif p.dim() == 2:
            nn.init.normal_(p, std=spread / p.shape[1] ** 0.5)
        else:
            nn.init.normal_(p, std=0.1 * spread)


def plant_outliers(rng: random.Random, model: PreTrainedModel, starts: bool) -> dict:
    """Up to 1000 times the median: in a weight, in the embedding, in what a text begins with."""
    said = {}
    embedding = model.model.embed_tokens.weight.data
    if rng.random() < 0.4:
        said["weight"] = factor = 10 ** rng.uniform(0.5, 3)
        names = [(name, p) for name, p in model.model.layers.named_parameters() if p.numel() > 4]
        said["where"], values = rng.choice(names)
        plant(rng, values.data, factor)
    if rng.random() < 0.4:
        said["embedding"] = factor = 10 ** rng.uniform(0.5, 3)
        plant(rng, embedding, factor)
    if starts and rng.random() < 0.4:
        said["first"] = factor = 10 ** rng.uniform(0.5, 3)
        embedding[0] *= factor
    return said


def old_fields(config: dict) -> dict:
    """As versions of transformers before 5 wrote rotation."""
    scaling = dict(config["rope_parameters"])
    theta = scaling.pop("rope_theta")
    kind = scaling.pop("rope_type")
    rope = None if kind == "default" else {"type": kind, **scaling}
    return {"rope_parameters": None, "rope_theta": theta, "rope_scaling": rope}


def random_llama(rng: random.Random, tokens: int, starts: bool) -> Made:
    """A model for at least so many tokens, and what is special about it; `starts`: each text begins with token 0."""
    family = rng.choice(list(FAMILIES))
    fields = random_fields(rng, family, tokens)
    threshold = rng.uniform(0, 0.5) if fields["hidden_act"] == "fatrelu" else None
    config, kind = FAMILIES[family]
    known = fields if threshold is None else {**fields, "hidden_act": "relu"}
    model = kind(config(**known)).eval()
    randomise(rng, model)
    planted = plant_outliers(rng, model, starts)
    dtype = rng.choice(KINDS)
    model.to(dtype)

    def patch(reference: PreTrainedModel) -> None:
        for layer in reference.model.layers if threshold is not None else []:
            layer.mlp.act_fn = FatRelu(threshold)

    written = {} if threshold is None else {"hidden_act": "fatrelu", "hidden_act_param": threshold}
    if rng.random() < 0.5:
        written |= old_fields(fields)
    said = {
        "family": family,
        "shape": "{num_hidden_layers} x {hidden_size}/{intermediate_size}/{num_attention_heads}/{num_key_value_heads} x {head_dim}".format(**fields),
        "act": fields["hidden_act"],
        "rope": fields["rope_parameters"]["rope_type"],
        "context": fields["max_position_embeddings"],
        **{name: True for name in ("attention_bias", "mlp_bias", "tie_word_embeddings") if fields.get(name)},
        "kind": str(dtype).removeprefix("torch."),
        **{key: round(value) if isinstance(value, float) else value for key, value in planted.items()},
    }
    return Made(model, said, written, patch)
