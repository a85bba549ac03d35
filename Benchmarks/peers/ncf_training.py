"""Samples a second of PyTorch on the NCF paper's network, sampling included.

    ncf_training.py FOLDER --tables adam|sparse-adam --threads N

FOLDER holds users.npy and items.npy (a training log) and tables.npy (the tables' row counts).

To PyTorch's advantage: instances are drawn with replacement rather than from an epoch's
permutation, negatives are drawn a large chunk at a time, the set of touched pairs is a bit table,
and the time to build it is not counted.
"""

import argparse
import time

import numpy as np
import torch
from torch.nn import functional as F

from ncf import NCF, BitTable, draw_negatives
from sample import answer, array, peak_bytes

BATCH = 512
NEGATIVES = 4
CHUNK = 128 * BATCH


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--tables", choices=["adam", "fused-adam", "sparse-adam"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    random = np.random.default_rng(1)

    users, items = array(options.folder, "users"), array(options.folder, "items")
    user_count, item_count = (int(n) for n in array(options.folder, "tables"))
    seen = BitTable(users, items, user_count, item_count)
    sparse = options.tables == "sparse-adam"
    model = NCF(user_count, item_count, sparse=sparse)
    optimizers = model.optimizers(sparse=sparse, **({"fused": True} if options.tables == "fused-adam" else {}))

    def train_chunk():
        instances = random.integers(0, len(users) * (1 + NEGATIVES), CHUNK)
        positives = instances % len(users)
        labels = instances < len(users)
        chunk_users = users[positives].astype(np.int64)
        chunk_items = items[positives].astype(np.int64)
        drawn = ~labels
        chunk_items[drawn] = draw_negatives(random, seen, chunk_users[drawn], item_count)
        chunk_users, chunk_items = torch.from_numpy(chunk_users), torch.from_numpy(chunk_items)
        labels = torch.from_numpy(labels.astype(np.float32))
        for begin in range(0, CHUNK, BATCH):
            batch = slice(begin, begin + BATCH)
            loss = F.binary_cross_entropy_with_logits(model(chunk_users[batch], chunk_items[batch]), labels[batch])
            for optimizer in optimizers:
                optimizer.zero_grad(set_to_none=True)
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()

    train_chunk()  # Warm-up: allocates the moments, starts the threads.
    chunks, start = 0, time.perf_counter()
    while chunks == 0 or time.perf_counter() - start < options.seconds:
        train_chunk()
        chunks += 1
    seconds = time.perf_counter() - start
    answer(samples_per_second=chunks * CHUNK / seconds, peak_bytes=peak_bytes())


if __name__ == "__main__":
    main()
