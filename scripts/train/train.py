"""Trains the model on the token files of `prepare.py`."""
import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from losses import training_loss
from measure import quick_loss
from model import Opt, Shape
from optim import Muon


def options() -> argparse.Namespace:
    p = argparse.ArgumentParser()
    p.add_argument("data", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--layers", type=int, default=8)
    p.add_argument("--width", type=int, default=384)
    p.add_argument("--heads", type=int, default=12)
    p.add_argument("--dropout", type=float, default=0.1)
    p.add_argument("--epochs", type=float, default=15)
    p.add_argument("--seconds", type=float, default=0, help="end the schedule by this time, if sooner")
    p.add_argument("--batch", type=int, default=128, help="windows a step")
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--adam-lr", type=float, default=1.5e-3)
    p.add_argument("--decay", type=float, default=0.1)
    p.add_argument("--adam", action="store_true", help="AdamW for the matrices too")
    p.add_argument("--sparse", type=float, default=2.0)
    p.add_argument("--heads-reg", type=float, default=1.0)
    p.add_argument("--seed", type=int, default=1)
    return p.parse_args()


def windows(tokens: torch.Tensor, context: int, batch: int, seed: int):
    """Endless batches: each epoch cuts the text at a new offset and shuffles the windows."""
    gen = torch.Generator().manual_seed(seed)
    while True:
        offset = int(torch.randint(context, (1,), generator=gen))
        count = (len(tokens) - 1 - offset) // context
        order = torch.randperm(count, generator=gen)
        for i in range(0, count - batch + 1, batch):
            starts = order[i : i + batch].to(tokens.device) * context + offset
            rows = tokens[starts[:, None] + torch.arange(context + 1, device=tokens.device)].long()
            yield rows[:, :-1], rows[:, 1:]


def rate(progress: float, step: int) -> float:
    return min(1.0, (step + 1) / 200) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))


def save(net: Opt, path: Path, shape: dict, weights=None) -> None:
    state = net.state_dict() if weights is None else dict(zip(net.state_dict(), weights))
    save_file({k: v.half().contiguous() for k, v in state.items()}, str(path), metadata={"shape": json.dumps(shape)})


def main() -> None:
    a = options()
    a.out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(a.seed)
    torch.set_float32_matmul_precision("high")
    train = torch.from_numpy(np.load(a.data / "train.npy").astype(np.int32)).to(device)
    valid = torch.from_numpy(np.load(a.data / "valid.npy").astype(np.int32)).to(device)
    shape = Shape(layers=a.layers, width=a.width, heads=a.heads, ffn=4 * a.width, dropout=a.dropout)
    net = Opt(shape).to(device)
    matrices = [] if a.adam else [p for n, p in net.named_parameters() if "layers" in n]
    known = {id(p) for p in matrices}
    rest = [p for p in net.parameters() if id(p) not in known]
    adam = torch.optim.AdamW(rest, lr=a.adam_lr, betas=(0.9, 0.95), weight_decay=a.decay, fused=device == "cuda")
    muon = Muon(matrices, a.decay) if matrices else None
    average = [p.detach().clone() for p in net.parameters()]
    loss_of = torch.compile(training_loss) if device == "cuda" else training_loss
    total = int(a.epochs * len(train) / (a.batch * shape.context))
    thinned = torch.arange(a.batch, device=device) % 4 == 0
    start, step, saved = None, 0, 0.0
    log = open(a.out / "log.txt", "w")
    for ids, goal in windows(train, shape.context, a.batch, a.seed):
        if step == 10:
            torch.cuda.synchronize() if device == "cuda" else None
            start = time.time()  # compiling is not part of the schedule
        seconds = time.time() - start if start else 0.0
        progress = max(step / total, seconds / a.seconds if a.seconds else 0)
        if progress >= 1:
            break
        # The sparsity terms come in slowly: neurons pressed before they are of use die.
        ramp = min(1.0, progress / 0.25)
        thin = thinned.float() * float(progress > 0.3)
        with torch.autocast(device, dtype=torch.bfloat16):
            loss, active, heads, penalty, share = loss_of(net, ids, goal, thin, 2 * a.heads // 5, 4)
        (loss + a.sparse * ramp * active + a.heads_reg * ramp * heads + penalty).backward()
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        factor = rate(progress, step)
        for group in adam.param_groups:
            group["lr"] = a.adam_lr * factor
        adam.step()
        if muon:
            muon.step(a.lr * factor)
        net.zero_grad(set_to_none=False)
        torch._foreach_lerp_(average, list(net.parameters()), 1 - min(0.998, step / (step + 10)))
        step += 1
        if step % 100 == 0:
            line = f"step {step}/{total} {seconds:.0f}s p {progress:.3f} loss {loss:.4f} active {share:.4f} heads {heads:.4f} penalty {penalty:.5f}"
            if step % 500 == 0:
                line += f" valid {quick_loss(net, valid):.4f}"
            print(line, flush=True)
            print(line, file=log, flush=True)
        if seconds - saved > 60:
            saved = seconds
            save(net, a.out / "part.tmp", vars(shape), average)
            (a.out / "part.tmp").rename(a.out / "part.safetensors")
    save(net, a.out / "last.safetensors", vars(shape))
    save(net, a.out / "average.safetensors", vars(shape), average)
    last = quick_loss(net, valid, 256)
    for p, v in zip(net.parameters(), average):
        p.data.copy_(v)
    line = f"done steps {step} last {last:.4f} average {quick_loss(net, valid, 256):.4f}"
    print(line, flush=True)
    print(line, file=log, flush=True)


if __name__ == "__main__":
    main()
