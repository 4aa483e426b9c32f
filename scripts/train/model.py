"""OPT without biases and without affine norms, with the names of `OPTForCausalLM`'s weights.

Training needs what transformers does not give out: the heads' outputs, the activations and the
residual stream at each norm. Hence this compact copy; `make_fixtures.py` compares the two.
"""
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

OFFSET = 2  # OPT reserves the first two rows of its position table
EPS = 1e-5


@dataclass
class Shape:
    layers: int = 8
    width: int = 384
    heads: int = 12
    ffn: int = 1536
    vocab: int = 4096
    context: int = 512
    dropout: float = 0.0


def plain_norm(x: Tensor) -> tuple[Tensor, Tensor]:
    """The norm, and the logarithm of the rms it divides by."""
    x = x.float()
    centred = x - x.mean(-1, keepdim=True)
    square = centred.square().mean(-1, keepdim=True)
    return centred * torch.rsqrt(square + EPS), 0.5 * torch.log(square + EPS).squeeze(-1)


def head_rms(heads: Tensor) -> Tensor:
    return (heads.float().square().mean(-1) + 1e-8).sqrt()


def keep_largest(rms: Tensor, dropped: int) -> Tensor:
    """1 for the heads kept and 0 for the `dropped` smallest; counting ranks avoids a sort."""
    rank = (rms.unsqueeze(-1) > rms.unsqueeze(-2)).sum(-1)
    return (rank >= dropped).to(rms.dtype)


class Attention(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.heads, self.size = s.heads, s.width // s.heads
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(s.width, s.width, bias=False))

    def split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, self.size).transpose(1, 2)

    def forward(self, x: Tensor, thin: Tensor | None, dropped: int, probe: int):
        q, k, v = (self.split(p(x)) for p in (self.q_proj, self.k_proj, self.v_proj))
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
        rms = head_rms(out)
        if thin is not None:
            keep = keep_largest(rms.detach(), dropped)
            out = out * (1 - thin[:, None, None] * (1 - keep)).unsqueeze(-1).to(out.dtype)
        spread, top = score_statistics(q[:probe], k[:probe]) if probe else (None, None)
        return self.out_proj(out.flatten(2)), rms, spread, top


def score_statistics(q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    """Log-sum-exp of each causal row of scores, and the scores (0 where masked)."""
    scores = (q @ k.transpose(-1, -2)).float() * q.shape[-1] ** -0.5
    causal = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).tril()
    return scores.masked_fill(~causal, -1e9).logsumexp(-1), scores.masked_fill(~causal, 0)


class Layer(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.self_attn = Attention(s)
        self.fc1 = nn.Linear(s.width, s.ffn, bias=False)
        self.fc2 = nn.Linear(s.ffn, s.width, bias=False)
        self.drop = nn.Dropout(s.dropout)

    def forward(self, x: Tensor, thin: Tensor | None, dropped: int, probe: int):
        h, log1 = plain_norm(x)
        attended, rms, lse, scores = self.self_attn(h, thin, dropped, probe)
        x = x + self.drop(attended)
        h, log2 = plain_norm(x)
        active = F.relu(self.fc1(h))
        x = x + self.drop(self.fc2(active))
        return x, active, rms, (log1, log2), lse, scores


class Decoder(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.embed_tokens = nn.Embedding(s.vocab, s.width)
        self.embed_positions = nn.Embedding(s.context + OFFSET, s.width)
        self.layers = nn.ModuleList(Layer(s) for _ in range(s.layers))


class Body(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.decoder = Decoder(s)


class Opt(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.shape = s
        self.model = Body(s)
        for name, p in self.named_parameters():
            std = 0.02 / (2 * s.layers) ** 0.5 if "out_proj" in name or "fc2" in name else 0.02
            nn.init.normal_(p, std=std)

    def embed(self, ids: Tensor) -> Tensor:
        d = self.model.decoder
        positions = torch.arange(ids.shape[1], device=ids.device) + OFFSET
        return d.embed_tokens(ids) + d.embed_positions(positions)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids)
        for layer in self.model.decoder.layers:
            x = layer(x, None, 0, 0)[0]
        return F.linear(plain_norm(x)[0], self.model.decoder.embed_tokens.weight)
