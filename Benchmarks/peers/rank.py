"""Users a second of implicit's batch recommendation: the top 10 of all items, touched items left out.

    rank.py FOLDER --batch B

FOLDER holds user_factors.npy and item_factors.npy beside offsets.npy, columns.npy and shape.npy.
"""

import argparse
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # implicit cuts the work itself.

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares

from sample import answer, array, matrix


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=0, help="users a call; 0 for all of them at once")
    options = parser.parse_args()
    touched = matrix(options.folder)
    model = AlternatingLeastSquares(factors=1, num_threads=options.threads)
    model.user_factors = array(options.folder, "user_factors")
    model.item_factors = array(options.folder, "item_factors")
    users = touched.shape[0]
    batch = options.batch or users

    def rank(limit):
        total = 0.0
        for begin in range(0, limit, batch):
            ids = np.arange(begin, min(begin + batch, limit))
            _, scores = model.recommend(ids, touched[begin:begin + len(ids)], N=10, filter_already_liked_items=True)
            total += scores.sum(dtype=np.float64)
        return total / (10 * limit)

    rank(min(1000, users))  # Warm-up.
    start = time.perf_counter()
    mean = rank(users)
    answer(users_per_second=users / (time.perf_counter() - start), mean_score=mean)


if __name__ == "__main__":
    main()
