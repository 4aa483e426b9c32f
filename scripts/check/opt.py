"""A random OPT: any shape, any of its kinds, with values far outside the others planted here and there."""
import random

import torch
from transformers import OPTConfig, OPTForCausalLM

from folder import Made

KINDS = [torch.float32, torch.float16, torch.bfloat16]
LEAST_WIDTHS = [16, 24, 40]


def random_config(rng: random.Random, tokens: int) -> OPTConfig:
    heads, head_width = rng.choice([1, 2, 3, 4, 5, 6, 8]), rng.choice([4, 5, 7, 8, 12, 16, 24, 32])
    width = heads * max(head_width, -(-rng.choice(LEAST_WIDTHS) // heads))
    return OPTConfig(
        vocab_size=tokens + rng.choice([0, 1, 7, 64]),
        hidden_size=width,
        word_embed_proj_dim=width if rng.random() < 0.7 else rng.randint(4, 64),
        num_hidden_layers=rng.randint(1, 4),
        num_attention_heads=heads,
        ffn_dim=rng.choice([8, 20, 33, 64, 100, 128, 200, 256, 400]),
        max_position_embeddings=rng.choice([32, 48, 64, 100, 128]),
        activation_function="relu",
        dropout=0.0,
        enable_bias=rng.random() < 0.6,
        layer_norm_elementwise_affine=rng.random() < 0.6,
        do_layer_norm_before=rng.random() < 0.75,
        tie_word_embeddings=rng.random() < 0.6,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )


def randomise(rng: random.Random, model: OPTForCausalLM) -> None:
    """Weights that give activations of ordinary size."""
    spread = rng.uniform(0.5, 1.5)
    embedding = 10 ** rng.uniform(-1.7, 0)
    for name, p in model.named_parameters():
        if name.endswith("layer_norm.weight"):
            torch.nn.init.normal_(p, mean=1.0, std=0.3)
        elif "embed_" in name:
            torch.nn.init.normal_(p, std=embedding)
        elif p.dim() == 2:
            torch.nn.init.normal_(p, std=spread / p.shape[1] ** 0.5)
        else:
            torch.nn.init.normal_(p, std=0.1 * spread)
    lm_head = model.get_output_embeddings().weight
    if lm_head is not model.get_input_embeddings().weight:
        torch.nn.init.normal_(lm_head, std=spread / lm_head.shape[1] ** 0.5)


def plant(rng: random.Random, values: torch.Tensor, factor: float) -> None:
    """A few elements as large as `factor` times the median."""
    flat = values.view(-1)
    size = flat.abs().median() * factor
    for _ in range(rng.randint(1, 3)):
        flat[rng.randrange(flat.numel())] = size * rng.choice([-1, 1])


def plant_outliers(rng: random.Random, model: OPTForCausalLM, starts: bool) -> dict:
    """Up to 1000 times the median: in a weight, in the embedding, in what a text begins with."""
    decoder = model.model.decoder
    said = {}
    if rng.random() < 0.5:
        said["weight"] = factor = 10 ** rng.uniform(0.5, 3)
        names = [(name, p) for name, p in decoder.layers.named_parameters() if p.numel() > 4]
        said["where"], values = rng.choice(names)
        plant(rng, values.data, factor)
    if rng.random() < 0.5:
        said["embedding"] = factor = 10 ** rng.uniform(0.5, 3)
        rows = decoder.embed_tokens.weight.data
        if rng.random() < 0.5:
            plant(rng, rows, factor)
        else:
            rows[rng.randrange(rows.shape[0])] *= factor
    if rng.random() < 0.5:
        said["first"] = factor = 10 ** rng.uniform(0.5, 3)
        if starts and rng.random() < 0.5:
            decoder.embed_tokens.weight.data[0] *= factor
        else:
            decoder.embed_positions.weight.data[decoder.embed_positions.offset] *= factor
    return said


def random_opt(rng: random.Random, tokens: int, starts: bool) -> Made:
    """A model for at least so many tokens, and what is special about it; `starts`: each text begins with token 0."""
    config = random_config(rng, tokens)
    model = OPTForCausalLM(config).eval()
    randomise(rng, model)
    planted = plant_outliers(rng, model, starts)
    kind = rng.choice(KINDS)
    model.to(kind)
    fields = {
        "shape": f"{config.num_hidden_layers} x {config.hidden_size}/{config.ffn_dim}/{config.num_attention_heads}",
        "context": config.max_position_embeddings,
        "bias": config.enable_bias,
        "affine": config.layer_norm_elementwise_affine,
        "projection": config.word_embed_proj_dim if config.word_embed_proj_dim != config.hidden_size else None,
        "postNorm": not config.do_layer_norm_before,
        "tied": config.tie_word_embeddings,
        "kind": str(kind).removeprefix("torch."),
    }
    return Made(model, {**fields, **{key: round(value) if isinstance(value, float) else value for key, value in planted.items()}})
