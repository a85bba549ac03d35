"""What PyTorch reaches with the NCF paper's network on ml-1m-ncf: HR@10 and NDCG@10 after every epoch.

    scripts/peers python Benchmarks/peers/ncf_quality.py ../shared/data/ml-1m-ncf --seed 1

Trains on every interaction of the train file, nothing held out: BCE, batch 512, Adam 0.001 with
SparseAdam for the tables, 4 negatives a positive, uniform over the items not in the user's train
file, drawn anew and shuffled one by one in each epoch. Prints one JSON object.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from ncf import NCF, BitTable, draw_negatives


def read(folder):
    train = np.loadtxt(folder / "ml-1m.train.rating", dtype=np.int64, usecols=(0, 1))
    test = np.loadtxt(folder / "ml-1m.test.rating", dtype=np.int64, usecols=(0, 1))
    rows = [line.rstrip("\n").split("\t") for line in open(folder / "ml-1m.test.negative")]
    negatives = np.array([[int(item) for item in row[1:] if item] for row in rows])
    assert len(rows) == len(test) and all(row[0] == f"({u},{i})" for row, (u, i) in zip(rows, test))
    return train, test, negatives


def evaluate(model, test, negatives, cutoff=10):
    """HR and NDCG of the target among its negatives, expected over the orders of equal scores."""
    model.eval()
    candidates = np.concatenate([test[:, 1:], negatives], axis=1)
    users = np.repeat(test[:, 0], candidates.shape[1])
    with torch.no_grad():
        scores = model(torch.from_numpy(users), torch.from_numpy(candidates.ravel())).numpy()
    scores = scores.reshape(candidates.shape)
    # 156 rows of the published file list the target among its own negatives; it does not compete with itself.
    scores[:, 1:][negatives == test[:, 1:]] = -np.inf
    above = (scores[:, 1:] > scores[:, :1]).sum(1)
    equal = (scores[:, 1:] == scores[:, :1]).sum(1)
    gains = np.where(np.arange(candidates.shape[1]) < cutoff, 1 / np.log2(np.arange(candidates.shape[1]) + 2), 0)
    hits, gain = np.zeros(len(test)), np.zeros(len(test))
    for k, (a, e) in enumerate(zip(above, equal)):
        hits[k] = max(0, min(cutoff, a + e + 1) - a) / (e + 1)
        gain[k] = gains[a:a + e + 1].mean()
    model.train()
    return hits.mean(), gain.mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--deviation", type=float, default=0.01, help="of the normal initial embeddings")
    parser.add_argument("--negatives", type=int, default=4)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--dense", action="store_true", help="Adam for the tables too")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)

    train, test, negatives = read(options.folder)
    user_count = 1 + max(train[:, 0].max(), test[:, 0].max())
    item_count = 1 + max(train[:, 1].max(), test[:, 1].max(), negatives.max())
    seen = BitTable(train[:, 0], train[:, 1], user_count, item_count)
    model = NCF(user_count, item_count, deviation=options.deviation, sparse=not options.dense)
    optimizers = model.optimizers(options.rate, sparse=not options.dense)

    epochs = []
    for epoch in range(1, options.epochs + 1):
        start = time.perf_counter()
        users = np.tile(train[:, 0], 1 + options.negatives)
        drawn = draw_negatives(random, seen, users[len(train):], item_count)
        order = random.permutation(len(users))
        labels = torch.from_numpy((order < len(train)).astype(np.float32))
        items = torch.from_numpy(np.concatenate([train[:, 1], drawn])[order])
        users = torch.from_numpy(users[order])
        total = 0.0
        for begin in range(0, len(order), options.batch):
            batch = slice(begin, begin + options.batch)
            loss = F.binary_cross_entropy_with_logits(model(users[batch], items[batch]), labels[batch])
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            total += loss.item() * len(labels[batch])
        seconds = time.perf_counter() - start
        hr, ndcg = evaluate(model, test, negatives)
        epochs.append({"epoch": epoch, "loss": total / len(order), "HR@10": hr, "NDCG@10": ndcg, "seconds": seconds})
    print(json.dumps({
        "peer": f"torch {torch.__version__}", "seed": options.seed, "deviation": options.deviation,
        "tables": "Adam" if options.dense else "SparseAdam", "users": int(user_count), "items": int(item_count),
        "counts": {"train": len(train), "test": len(test)}, "epochs": epochs}, indent=1))


if __name__ == "__main__":
    main()
