"""A quick validation loss for the log of the training."""
import torch
import torch.nn.functional as F


@torch.no_grad()
def quick_loss(net, tokens: torch.Tensor, count: int = 64, context: int = 512) -> float:
    """Mean nats a token over the first `count` windows."""
    net.eval()
    count = min(count, (len(tokens) - 1) // context)
    ids = tokens[: count * context].view(count, context).long()
    total = 0.0
    for rows in ids.split(32):
        with torch.autocast(rows.device.type, dtype=torch.bfloat16):
            logits = net(rows)
        total += F.cross_entropy(logits[:, :-1].float().flatten(0, 1), rows[:, 1:].flatten(), reduction="sum").item()
    net.train()
    return total / (count * (context - 1))
