"""Writes reference values for the tests of MarqueeEvaluation into reference.json, by numpy and scipy.

Run it by `scripts/fixtures`. Nothing here follows the Swift code: metrics are computed on sorted lists
from their textbook definitions, ties by averaging over every order of the candidates, AUC by ranks
(Mann and Whitney), significance by scipy's exact permutation test and its bootstrap.
"""

import itertools
import json
from pathlib import Path

import numpy as np
from scipy import stats

HERE = Path(__file__).parent
random = np.random.default_rng(20240917)
METRICS = ["HR@1", "HR@3", "HR@10", "NDCG@3", "NDCG@10", "NDCG", "Precision@3", "Precision@10", "Recall@3",
           "Recall@10", "MRR@3", "MRR", "MAP@3", "MAP@10", "MAP", "AUC"]


def metric(name, relevance):
    """The metric of one ranked list of 0s and 1s."""
    kind, _, k = name.partition("@")
    relevance = np.asarray(relevance, float)
    total = int(relevance.sum())
    top = relevance[: int(k)] if k else relevance
    places = np.arange(1, len(top) + 1)
    if kind == "HR":
        return float(top.any())
    if kind == "Precision":
        return top.sum() / int(k)
    if kind == "Recall":
        return top.sum() / total
    if kind == "NDCG":
        ideal = np.sort(relevance)[::-1][: len(top)]
        return (top / np.log2(places + 1)).sum() / (ideal / np.log2(places + 1)).sum()
    if kind == "MRR":
        return 1 / (np.flatnonzero(top)[0] + 1) if top.any() else 0.0
    if kind == "MAP":
        precisions = np.cumsum(top) / places
        return (precisions * top).sum() / (min(total, int(k)) if k else total)
    raise ValueError(name)


def auc(scores, relevance):
    ranks = stats.rankdata(scores)
    positives, negatives = relevance.sum(), len(relevance) - relevance.sum()
    return (ranks[relevance == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def expected(name, scores, relevance):
    """The mean over every order of the candidates, then sorted stably by descending score."""
    if name == "AUC":
        return float(auc(scores, relevance))
    if len(set(scores)) == len(scores):
        return float(metric(name, relevance[np.argsort(-scores)]))
    values = []
    for order in itertools.permutations(range(len(scores))):
        order = np.array(order)
        values.append(metric(name, relevance[order][np.argsort(-scores[order], kind="stable")]))
    return float(np.mean(values))


def full():
    users, items = 12, 30
    scores = random.permutation(users * items).reshape(users, items).astype(float)
    seen, targets, values = [], [], {name: [] for name in METRICS}
    for user in range(users):
        some = random.permutation(items)
        targets.append(sorted(int(i) for i in some[: 1 + user % 4]))
        seen.append(sorted(int(i) for i in some[4 : 4 + random.integers(0, 12)]))
        candidates = np.array([i for i in range(items) if i not in seen[user]])
        relevance = np.isin(candidates, targets[user]).astype(int)
        for name in METRICS:
            values[name].append(expected(name, scores[user, candidates], relevance))
    return {"items": items, "scores": scores.tolist(), "seen": seen, "targets": targets, "values": values}


def tied():
    users, items, negatives, values = 9, 12, [], {name: [] for name in METRICS}
    scores = random.integers(0, 3, (users, items)).astype(float)
    scores[0] = 1  # a model that says nothing
    targets = []
    for user in range(users):
        some = [int(i) for i in random.permutation(items)]
        count = 1 + user % 3
        targets.append(sorted(some[:count]))
        rivals = some[count:7]
        # A published row may hold the user's own target and an item twice; candidates are a set.
        negatives.append(rivals + ([targets[user][0]] if user % 2 else []) + ([rivals[0]] if user % 3 == 0 else []))
        candidates = np.array(targets[user] + rivals)
        relevance = np.isin(candidates, targets[user]).astype(int)
        for name in METRICS:
            values[name].append(expected(name, scores[user, candidates], relevance))
    return {"items": items, "scores": scores.tolist(), "negatives": negatives, "targets": targets, "values": values,
            "targetsAmongNegatives": users // 2, "repeatedNegatives": (users + 2) // 3}


def comparison():
    differences = np.round(random.normal(0.1, 0.2, 14), 3)
    test = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    interval = stats.bootstrap((differences,), np.mean, n_resamples=200_000, method="percentile",
                               confidence_level=0.95, random_state=random).confidence_interval
    return {"differences": differences.tolist(), "pValue": float(test.pvalue),
            "lower": float(interval.low), "upper": float(interval.high)}


def beyond():
    users, items, width, k = 8, 15, 4, 4
    train = [sorted(int(i) for i in random.choice(items, random.integers(1, 6), replace=False,
                                                  p=np.arange(items, 0, -1) / (items * (items + 1) / 2)))
             for _ in range(users)]
    lists = [[int(i) for i in random.choice(items // 2 + 2, k, replace=False)] for _ in range(users)]
    vectors = np.round(random.normal(size=(items, width)), 3)
    genres = [sorted({"Drama", "Comedy", "Crime", "War"} - set(random.choice(["Drama", "Comedy", "Crime", "War"], 3)))
              for _ in range(items)]
    genres[lists[0][0]] = []
    known = np.zeros(items)
    for row in train:
        known[row] += 1
    exposure = np.bincount(np.concatenate(lists), minlength=items)
    cosine, jaccard = [], []
    for row in lists:
        pairs = list(itertools.combinations(row, 2))
        cosine.append(np.mean([1 - vectors[a] @ vectors[b] / np.linalg.norm(vectors[a]) / np.linalg.norm(vectors[b])
                               for a, b in pairs]))
        some = [1 - len(set(genres[a]) & set(genres[b])) / len(set(genres[a]) | set(genres[b]))
                for a, b in pairs if genres[a] and genres[b]]
        jaccard += [np.mean(some)] if some else []
    # Gini's coefficient as the mean absolute difference over twice the mean.
    gini = np.abs(exposure[:, None] - exposure[None, :]).mean() / (2 * exposure.mean())
    return {"items": items, "train": train, "lists": lists, "width": width, "vectors": vectors.ravel().tolist(),
            "genres": genres, "coverage": float((exposure > 0).mean()),
            "novelty": float(np.mean([[-np.log2(max(known[i], 1) / users) for i in row] for row in lists])),
            "averagePopularity": float(np.mean([known[row].mean() for row in lists])), "exposureGini": float(gini),
            "cosineDiversity": float(np.mean(cosine)), "genreDiversity": float(np.mean(jaccard))}


reference = {"full": full(), "tied": tied(), "comparison": comparison(), "beyond": beyond()}
(HERE / "reference.json").write_text(json.dumps(reference) + "\n")
