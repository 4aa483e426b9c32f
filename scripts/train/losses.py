"""The training loss: cross-entropy and the terms that make the model cheap to run privately."""
import torch
import torch.nn.functional as F
from torch import Tensor

from model import Opt, plain_norm


def norm_penalty(log_rms: Tensor) -> Tensor:
    """Keeps the residual stream's rms in a narrow band: fixed point has no exponent to spare.

    The hinge counts only tokens far from the mean, and weighs them much: one outlier in a window
    (usually the first position) would vanish in a plain mean.
    """
    away = log_rms - log_rms.mean()
    return 0.05 * away.square().mean() + 10.0 * F.relu(away.abs() - 0.7).square().mean()


def score_penalty(lse: Tensor, scores: Tensor) -> Tensor:
    """Keeps each head's log-sum-exp within a band and its scores small, for the table of exp."""
    flat = lse.transpose(0, 1).flatten(1)
    middle = ((flat.amax(1) + flat.amin(1)) / 2).detach().unsqueeze(1)
    band = F.relu((flat - middle).abs() - 7.0).square().mean()
    return 0.05 * band + 0.1 * F.relu(scores.abs() - 30.0).square().mean()


def training_loss(net: Opt, ids: Tensor, goal: Tensor, thin: Tensor, dropped: int, probe: int):
    x = net.embed(ids)
    active_sum = head_sum = penalty = 0.0
    share = 0.0
    decoder = net.model.decoder
    for layer in decoder.layers:
        x, active, rms, logs, lse, scores = layer(x, thin, dropped, probe)
        active_sum = active_sum + active.float().mean()
        head_sum = head_sum + rms.mean()
        penalty = penalty + norm_penalty(logs[0]) + norm_penalty(logs[1]) + score_penalty(lse, scores)
        share = share + (active > 0).float().mean()
    h, log = plain_norm(x)
    penalty = penalty + norm_penalty(log)
    logits = F.linear(h, decoder.embed_tokens.weight)
    loss = F.cross_entropy(logits.float().flatten(0, 1), goal.flatten())
    n = len(decoder.layers)
    return loss, active_sum / n, head_sum / n, penalty / n, share / n
