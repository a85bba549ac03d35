"""Writes clicks.json, by scikit-learn: figures of click predictions, for the tests of MarqueeEvaluation.

Run it by `scripts/fixtures`. Predictions lie on a grid of 1/64, so that many tie and floats hold them exactly. Metrics within an impression are
the mean over all orders of its tied candidates, counted out.
"""

import itertools
import json
from pathlib import Path

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss, ndcg_score, roc_auc_score

random = np.random.default_rng(7)


def orders(scores):
    """Every order of the candidates, the best first, that the scores allow."""
    groups = [np.flatnonzero(scores == score) for score in sorted(set(scores), reverse=True)]
    for parts in itertools.product(*(itertools.permutations(group) for group in groups)):
        yield [index for part in parts for index in part]


def reciprocal_rank(scores, labels):
    found = [next(1 / (r + 1) for r, i in enumerate(order) if labels[i]) for order in orders(scores)]
    return float(np.mean(found))


users, sizes, scores, labels = [], [], [], []
for impression in range(60):
    size = int(random.integers(2, 7))
    users.append(int(random.integers(0, 9)))
    sizes.append(size)
    p = random.integers(0, 13, size) / 64 * (1 + users[-1] % 4)
    scores.append(p)
    labels.append((random.random(size) < p).astype(int))

flat, clicked = np.concatenate(scores), np.concatenate(labels)
owner = np.repeat(users, sizes)
weighted = total = people = 0
for user in sorted(set(users)):
    mine = owner == user
    if 0 < clicked[mine].sum() < mine.sum():
        weighted += mine.sum() * roc_auc_score(clicked[mine], flat[mine])
        total += mine.sum()
        people += 1

rate, mean = calibration_curve(clicked, flat, n_bins=8, strategy="uniform")
counts = np.bincount(np.searchsorted(np.linspace(0, 1, 9)[1:-1], flat), minlength=8)
counts = counts[counts > 0]
curve = {
    "clickRate": rate.tolist(),
    "meanPrediction": mean.tolist(),
    "count": counts.tolist(),
    "expectedError": float((counts * abs(rate - mean)).sum() / len(flat)),
}

judged = [(s, y) for s, y in zip(scores, labels) if y.any()]
least = 2.0**-23
(Path(__file__).parent / "clicks.json").write_text(
    json.dumps(
        {
            "users": users,
            "sizes": sizes,
            "predictions": flat.tolist(),
            "clicked": [bool(c) for c in clicked],
            "auc": float(roc_auc_score(clicked, flat)),
            "gauc": float(weighted / total),
            "gaucUsers": people,
            "logLoss": float(log_loss(clicked, np.clip(flat, least, 1 - least))),
            "calibration": curve,
            "withClick": len(judged),
            "NDCG@3": float(np.mean([ndcg_score([y], [s], k=3) for s, y in judged])),
            "NDCG": float(np.mean([ndcg_score([y], [s]) for s, y in judged])),
            "MRR": float(np.mean([reciprocal_rank(s, y) for s, y in judged])),
            "AUC": float(np.mean([0.5 if y.all() else roc_auc_score(y, s) for s, y in judged])),
            "graded": {
                "gains": (graded := (2.0 ** random.integers(0, 6, 12) - 1)).tolist(),
                "scores": (tied := random.integers(0, 5, 12) / 4).tolist(),
                "NDCG@5": float(ndcg_score([graded], [tied], k=5)),
                "NDCG": float(ndcg_score([graded], [tied])),
            },
        },
        indent=1,
    )
    + "\n"
)
