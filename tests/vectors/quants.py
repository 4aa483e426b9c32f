"""Vectors of dequantisation: random blocks of every type, and their values by Python's `gguf`. Writes quants.json beside this file.

pip install gguf==0.19.0; python tests/vectors/quants.py
"""

import json
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

BLOCKS = 6
# Offsets of halves in a block: the scales, which must be finite.
SCALES = {
    "F32": [], "F16": [0], "BF16": [], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}
# Ordinary ones of both signs, zero, the smallest subnormal, the largest.
HALVES = np.array([0.0123, -0.37, 0.0, 2.0**-24, 65504.0, -0.001], dtype=np.float16)


def vector(name, random):
    kind = GGMLQuantizationType[name]
    _, size = GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
    if name == "F32":
        blocks = random.standard_normal(BLOCKS).astype(np.float32).view(np.uint8).reshape(BLOCKS, 4)
    if name == "BF16":
        blocks = random.standard_normal(BLOCKS).astype(np.float32).view(np.uint8).reshape(BLOCKS, 4)[:, 2:].copy()
    for order, at in enumerate(SCALES[name]):
        halves = np.roll(HALVES, order).view(np.uint8).reshape(BLOCKS, 2)
        blocks[:, at : at + 2] = halves
    values = dequantize(blocks, kind).astype("<f4")
    return {"bytes": blocks.tobytes().hex(), "values": values.tobytes().hex()}


def main():
    random = np.random.default_rng(20)
    vectors = {name: vector(name, random) for name in SCALES}
    Path(__file__).with_name("quants.json").write_text(json.dumps(vectors, indent=2) + "\n")


main()
