"""Writes blocks.gguf: for each quantised type a tensor of random blocks, and beside it, as float32, what
gguf.quants.dequantize makes of it. Needs `pip install gguf` (made with 0.19.0).

Usage: python make-blocks.py
"""

import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import quants

# Where the float16 scales (and minima) of a block lie.
SCALES = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q2_K: [80, 82], T.Q3_K: [108], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
    T.IQ4_NL: [0], T.IQ4_XS: [0],
}
# Zeros, the largest and smallest of either sign, subnormals; then ordinary ones.
EXTREME = [0.0, -0.0, 65504, -65504, 6e-8, -6e-8, 6.1e-5, -1]
ROWS = 6

rng = np.random.default_rng(20)
writer = gguf.GGUFWriter(pathlib.Path(__file__).with_name("blocks.gguf"), "none")
for kind, places in SCALES.items():
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = 2 * ROWS if elements == 256 else 4 * ROWS
    raw = rng.integers(0, 256, (blocks, size), dtype=np.uint8)
    for block in range(blocks):
        for n, place in enumerate(places):
            scale = EXTREME[(block + 3 * n) % len(EXTREME)] if block < len(EXTREME) else rng.normal(0, 0.02)
            raw[block, place : place + 2] = np.array([scale], np.float16).view(np.uint8)
    raw[-1, [i for i in range(size) if i not in [p + o for p in places for o in (0, 1)]]] = 0xFF
    raw = raw.reshape(ROWS, -1)
    floats = quants.dequantize(raw, kind)
    assert np.isfinite(floats).all()
    writer.add_tensor(kind.name, raw, raw_dtype=kind)
    writer.add_tensor(kind.name + ".float", floats)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
