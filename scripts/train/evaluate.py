"""Measures an exported model in f32: loss, sparsity, head dropping, norms and scores."""
import argparse
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

from model import Opt, Shape, keep_largest, plain_norm, score_statistics
from prepare import read_text

DEFINITION = (
    "The text's bytes are tokenised at once by tokenizer.json, no token added. The ids are cut into non-overlapping "
    "windows of 512 from the start; the last, shorter one counts if it has at least 2 ids. Each window is run alone "
    "from position 0; its first id is not predicted. crossEntropy is the mean of -ln p over the predicted ids. "
    "tokens counts all ids, predicted those predicted. bitsPerByte is crossEntropy * tokens / bytes / ln 2, so the "
    "ids not predicted are charged the mean. activeFraction is the share of FFN activations above 0 after ReLU, over "
    "all positions run and layers; activePerLayer the same by layer. headDrop is the relative increase of "
    "crossEntropy when at each position and layer the floor(fraction * heads) heads of smallest L2 norm (of the head's "
    "output before out_proj) are set to zero, the earlier layers being thinned too. Computed in f32 from the f16 weights."
)


def load(folder: Path) -> Opt:
    c = json.loads((folder / "config.json").read_text())
    net = Opt(Shape(c["num_hidden_layers"], c["hidden_size"], c["num_attention_heads"], c["ffn_dim"],
                    c["vocab_size"], c["max_position_embeddings"]))  # fmt: skip
    weights = load_file(str(folder / "model.safetensors"))
    net.load_state_dict({k: v.float() for k, v in weights.items() if k != "lm_head.weight"})
    return net.eval()


def cut(ids: list[int], size: int = 512, most: int = 16):
    """Batches of equal windows, then the shorter one."""
    full = len(ids) // size
    rows = torch.tensor(ids[: full * size]).view(full, size)
    yield from (b for b in rows.split(most) if len(b))
    if len(ids) - full * size >= 2:
        yield torch.tensor([ids[full * size :]])


class Stats:
    """Sums over a text: loss and the firing counts of each neuron."""

    def __init__(self, shape: Shape):
        self.nats, self.predicted, self.places = 0.0, 0, 0
        self.fired = torch.zeros(shape.layers, shape.ffn, dtype=torch.long)


@torch.no_grad()
def run(net: Opt, batches, dropped: int = 0, tables: dict | None = None) -> Stats:
    stats = Stats(net.shape)
    for ids in batches:
        thin = torch.ones(len(ids)) if dropped else None
        x = net.embed(ids)
        for i, layer in enumerate(net.model.decoder.layers):
            probe = len(ids) if tables is not None else 0
            x, active, _, logs, lse, scores = layer(x, thin, dropped, probe)
            stats.fired[i] += (active > 0).sum((0, 1))
            if tables is not None:
                for name, log in zip(("attention", "ffn"), logs):
                    tables.setdefault(f"{i} {name}", []).append(log.exp())
                tables.setdefault(f"{i} lse", []).append(lse)
                tables.setdefault(f"{i} score", []).append(scores.abs().amax((0, 2, 3)))
        h, log = plain_norm(x)
        if tables is not None:
            tables.setdefault("final", []).append(log.exp())
        logits = F.linear(h, net.model.decoder.embed_tokens.weight)[:, :-1]
        stats.nats += F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="sum").double().item()
        stats.predicted += ids.numel() - len(ids)
        stats.places += ids.numel()
    return stats


def measure(net: Opt, tok: Tokenizer, data: bytes, fractions=(0.25, 0.4, 0.5)) -> tuple[dict, Stats]:
    ids = tok.encode(data.decode("utf-8")).ids
    base = run(net, cut(ids))
    entropy = base.nats / base.predicted
    per_layer = (base.fired.sum(1) / (base.places * net.shape.ffn)).tolist()
    drops = {}
    for f in fractions:
        thinned = run(net, cut(ids), math.floor(f * net.shape.heads))
        drops[str(f)] = thinned.nats / thinned.predicted / entropy - 1
    return {
        "bytes": len(data), "tokens": len(ids), "predicted": base.predicted, "crossEntropy": entropy,
        "bitsPerByte": entropy * len(ids) / len(data) / math.log(2),
        "activeFraction": sum(per_layer) / len(per_layer), "activePerLayer": per_layer, "headDrop": drops,
    }, base  # fmt: skip


def norm_rows(tables: dict) -> list[str]:
    rows = ["| norm | min | 1 % | median | 99 % | max | max/min | position 0 |", "|---|---|---|---|---|---|---|---|"]
    for name, parts in tables.items():
        if name.endswith(("lse", "score")):
            continue
        flat = torch.cat([x.flatten() for x in parts]).sort().values
        q = [flat[int(p * (len(flat) - 1))].item() for p in (0, 0.01, 0.5, 0.99, 1)]
        first = torch.cat([x[:, 0] for x in parts])
        rows.append(f"| {name} | " + " | ".join(f"{v:.3g}" for v in q)
                    + f" | {q[-1] / q[0]:.1f} | {first.min():.3g} to {first.max():.3g} |")  # fmt: skip
    return rows


def score_rows(tables: dict, layers: int) -> list[str]:
    rows = ["| layer | widest half range of log-sum-exp (head) | lowest | highest | largest abs. score |", "|---|---|---|---|---|"]
    for i in range(layers):
        x = torch.cat([part.transpose(0, 1).flatten(1) for part in tables[f"{i} lse"]], dim=1)
        half = (x.amax(1) - x.amin(1)) / 2
        top = torch.stack(tables[f"{i} score"]).amax()
        rows.append(f"| {i} | {half.max():.2f} ({half.argmax()}) | {x.min():.2f} | {x.max():.2f} | {top:.1f} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--bytes", type=int, default=1 << 20)
    parser.add_argument("--windows", type=int, default=64, help="windows the tables are taken over")
    parser.add_argument("--only-tables", action="store_true")
    a = parser.parse_args()
    net, tok = load(a.model), Tokenizer.from_file(str(a.model / "tokenizer.json"))
    data = read_text(a.corpus / "valid.txt.xz").encode()[: a.bytes].decode(errors="ignore").encode()
    if not a.only_tables:
        result, base = measure(net, tok, data)
        result["deadPerLayer"] = (base.fired == 0).sum(1).tolist()
        print(json.dumps(result, indent=1), flush=True)
    tables: dict = {}
    ids = tok.encode(data.decode()).ids[: a.windows * 512]
    run(net, cut(ids), 0, tables)
    print("\n".join(norm_rows(tables) + [""] + score_rows(tables, net.shape.layers)))


if __name__ == "__main__":
    main()
