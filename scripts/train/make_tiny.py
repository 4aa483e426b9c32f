"""Writes tests/fixtures/tiny-opt: a random OPT of the product's family with reference values."""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import OPTConfig, OPTForCausalLM, PreTrainedTokenizerFast

END = "<|endoftext|>"
PROMPT = "The rain had stopped, and the two of them walked on. 'Caf\u00e9?' she said."


def tokenizer() -> PreTrainedTokenizerFast:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(
        ["the and then there that he she her in ing"] * 4,
        trainers.BpeTrainer(vocab_size=264, special_tokens=[END], initial_alphabet=alphabet, show_progress=False),
    )
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token=END, bos_token=END, pad_token=END)


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    tok = tokenizer()
    config = OPTConfig(
        vocab_size=len(tok), hidden_size=32, word_embed_proj_dim=32, num_hidden_layers=2, ffn_dim=64,
        num_attention_heads=4, max_position_embeddings=64, activation_function="relu", dropout=0.0,
        do_layer_norm_before=True, enable_bias=False, layer_norm_elementwise_affine=False,
        tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    model = OPTForCausalLM(config).eval()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.25)  # large enough that the logits are not flat
    model.save_pretrained(out)
    tok.save_pretrained(out)
    weights = {k: v for k, v in model.state_dict().items() if k != "lm_head.weight"}
    for name, kind in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        cast = {k: v.to(kind).contiguous() for k, v in weights.items()}
        save_file(cast, str(out / f"model-{name}.safetensors"), metadata={"format": "pt"})
    ids = tok(PROMPT, return_tensors="pt").input_ids
    with torch.no_grad():
        result = model(ids, output_hidden_states=True)
    places = [0, 1, ids.shape[1] // 2, ids.shape[1] - 1]
    # The last entry is after the final norm, as transformers gives it; the first is the embeddings.
    hidden = [[h[0, p].tolist() for p in places] for h in result.hidden_states]
    reference = {
        "prompt": PROMPT,
        "ids": ids[0].tolist(),
        "logits": result.logits[0].tolist(),
        "hiddenPositions": places,
        "hiddenStates": hidden,
        "hiddenStatesNote": "[0] embeddings, [i] output of layer i, but the last is taken after the final norm",
    }
    (out / "reference.json").write_text(json.dumps(reference) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
