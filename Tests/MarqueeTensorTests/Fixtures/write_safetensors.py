"""Writes reference.safetensors with the reference library: pip install numpy safetensors."""
import pathlib

import numpy as np
from safetensors.numpy import save_file

tensors = {
    "floats": np.arange(6, dtype=np.float32).reshape(2, 3) / 4 - 0.5,
    "integers": np.array([-1, 0, 2_000_000_000], dtype=np.int32),
    "long": np.array([[-(2**40)], [2**40]], dtype=np.int64),
    "bytes": np.array([0, 127, 255], dtype=np.uint8),
    "scalar": np.array(1.5, dtype=np.float32),
    "empty": np.zeros((0, 4), dtype=np.float32),
    'näme "quoted" \\ \n': np.array([7], dtype=np.int32),
}
save_file(tensors, pathlib.Path(__file__).parent / "reference.safetensors", metadata={"kind": "test", "ünï": "code"})
