"""Training samples a second from vectorized negative sampling in numpy, and the memory it holds.

    negatives.py FOLDER         # users.npy, items.npy and tables.npy, as for ncf_training.py

Whole chunks of instances, drawn with replacement; touched pairs are found by binary search among
sorted keys, the least memory that vectorized numpy can do with (`--bits` for a bit table).
"""

import argparse
import time

import numpy as np

from ncf import BitTable, draw_negatives
from sample import answer, array, peak_bytes

NEGATIVES = 4
CHUNK = 1 << 18


class SortedKeys:
    def __init__(self, users, items, user_count, item_count):
        self.item_count = item_count
        self.keys = users.astype(np.int64)
        self.keys *= item_count
        self.keys += items
        self.keys.sort()

    def __call__(self, users, items):
        keys = users * self.item_count + items
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return self.keys[places] == keys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--bits", action="store_true")
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    random = np.random.default_rng(1)
    users, items = array(options.folder, "users"), array(options.folder, "items")
    user_count, item_count = (int(n) for n in array(options.folder, "tables"))
    seen = (BitTable if options.bits else SortedKeys)(users, items, user_count, item_count)

    def draw_chunk():
        instances = random.integers(0, len(users) * (1 + NEGATIVES), CHUNK)
        positives = instances % len(users)
        chunk_users, chunk_items = users[positives].astype(np.int64), items[positives].astype(np.int64)
        drawn = instances >= len(users)
        chunk_items[drawn] = draw_negatives(random, seen, chunk_users[drawn], item_count)
        return chunk_users, chunk_items, drawn

    draw_chunk()
    chunks, start = 0, time.perf_counter()
    while chunks == 0 or time.perf_counter() - start < options.seconds:
        draw_chunk()
        chunks += 1
    seconds = time.perf_counter() - start
    answer(samples_per_second=chunks * CHUNK / seconds, peak_bytes=peak_bytes())


if __name__ == "__main__":
    main()
