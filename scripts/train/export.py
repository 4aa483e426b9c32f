"""Turns trained weights into a folder that transformers loads unchanged."""
import argparse
import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file
from transformers import OPTConfig, OPTForCausalLM, PreTrainedTokenizerFast

END = "<|endoftext|>"


def config(s: dict) -> OPTConfig:
    return OPTConfig(
        vocab_size=s["vocab"], hidden_size=s["width"], word_embed_proj_dim=s["width"], num_hidden_layers=s["layers"],
        ffn_dim=s["ffn"], num_attention_heads=s["heads"], max_position_embeddings=s["context"],
        activation_function="relu", dropout=s["dropout"], do_layer_norm_before=True, enable_bias=False,
        layer_norm_elementwise_affine=False, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("weights", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    with safe_open(str(a.weights), "pt") as f:
        shape = json.loads(f.metadata()["shape"])
    model = OPTForCausalLM(config(shape))
    odd = model.load_state_dict(load_file(str(a.weights)), strict=False)
    assert odd.missing_keys == ["lm_head.weight"] and not odd.unexpected_keys, odd
    model.tie_weights()
    model.half().save_pretrained(a.out)
    tok = PreTrainedTokenizerFast(
        tokenizer_file=str(a.tokenizer), eos_token=END, bos_token=END, pad_token=END,
        model_max_length=shape["context"], clean_up_tokenization_spaces=False,
    )  # fmt: skip
    tok.save_pretrained(a.out)
    for f in a.out.iterdir():
        f.chmod(0o644)


if __name__ == "__main__":
    main()
