"""Seconds an iteration of implicit's alternating least squares, and the loss it comes to.

    ials.py FOLDER --factors D --solver cg|cholesky --iterations K

FOLDER holds offsets.npy, columns.npy and shape.npy. With the confidence c of every entry and
regularization r, implicit minimizes

    Σ_observed c (1 − x·y)² + Σ_others (x·y)² + r (Σ|x|² + Σ|y|²),

which is what is answered as `loss`, per entry.
"""

import argparse
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # implicit cuts the work itself.

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares

from sample import answer, matrix


def objective(users, items, entries, confidence, regularization):
    users, items = users.astype(np.float64), items.astype(np.float64)
    total = np.sum((users.T @ users) * (items.T @ items))
    rows = np.repeat(np.arange(entries.shape[0]), np.diff(entries.indptr))
    for begin in range(0, entries.nnz, 1 << 16):
        block = slice(begin, begin + (1 << 16))
        scores = np.einsum("ij,ij->i", users[rows[block]], items[entries.indices[block]])
        total += np.sum(confidence * (1 - scores) ** 2 - scores**2)
    total += regularization * (np.sum(users**2) + np.sum(items**2))
    return total / entries.nnz


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--factors", type=int, required=True)
    parser.add_argument("--solver", choices=["cg", "cholesky"], required=True)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--confidence", type=float, default=11)
    parser.add_argument("--regularization", type=float, default=11)
    options = parser.parse_args()
    entries = matrix(options.folder)
    model = AlternatingLeastSquares(
        factors=options.factors, regularization=options.regularization, alpha=options.confidence, dtype=np.float32,
        use_native=True, use_cg=options.solver == "cg", iterations=options.iterations, num_threads=options.threads,
        random_state=1)
    seconds = []
    model.fit_callback = lambda iteration, elapsed, loss: seconds.append(elapsed)
    model.fit(entries, show_progress=False)
    loss = objective(model.user_factors, model.item_factors, entries, options.confidence, options.regularization)
    answer(seconds=np.median(seconds), loss=loss)


if __name__ == "__main__":
    main()
