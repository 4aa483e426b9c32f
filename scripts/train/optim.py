"""Muon for the matrices (momentum made orthogonal), AdamW for the embeddings."""
import torch
from torch import Tensor


def orthogonal(g: Tensor, steps: int = 5) -> Tensor:
    x = g.bfloat16()
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(steps):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x


class Muon:
    """Works on stacks of equal shapes: a few large products instead of many small ones."""

    def __init__(self, params: list[Tensor], decay: float, momentum: float = 0.95):
        self.decay, self.momentum = decay, momentum
        self.groups: dict[tuple[int, int], list[tuple[Tensor, bool]]] = {}
        for p in params:
            flip = p.shape[0] > p.shape[1]
            shape = (min(p.shape), max(p.shape))
            self.groups.setdefault(shape, []).append((p, flip))
        self.state = {s: torch.zeros(len(g), *s, device=g[0][0].device) for s, g in self.groups.items()}
        fast = params[0].is_cuda
        self.project = torch.compile(orthogonal) if fast else orthogonal

    @torch.no_grad()
    def step(self, lr: float) -> None:
        for shape, group in self.groups.items():
            grad = torch.stack([p.grad.mT if flip else p.grad for p, flip in group])
            state = self.state[shape]
            state.lerp_(grad, 1 - self.momentum)
            update = self.project(grad.lerp(state, self.momentum)).float()
            update *= 0.2 * shape[1] ** 0.5  # the size of an Adam step, so that one rate serves both
            params = [p for p, _ in group]
            torch._foreach_mul_(params, 1 - lr * self.decay)
            steps = [u.mT if flip else u for u, (_, flip) in zip(update, group)]
            torch._foreach_add_(params, steps, alpha=-lr)
