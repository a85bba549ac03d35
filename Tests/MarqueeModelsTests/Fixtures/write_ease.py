"""Writes ease.json: EASE of Steck (WWW 2019) in double precision, as its section 3.1 spells it in numpy.

    python3 write_ease.py
"""

import json
import pathlib

import numpy

USERS, ITEMS, REGULARIZATION = 40, 15, 12.5

random = numpy.random.default_rng(20190513)
popularity = numpy.linspace(0.7, 0.05, ITEMS)
x = (random.random((USERS, ITEMS)) < popularity).astype(float)

gram = x.T @ x
gram[numpy.diag_indices(ITEMS)] += REGULARIZATION
inverse = numpy.linalg.inv(gram)
weights = inverse / (-numpy.diag(inverse))
weights[numpy.diag_indices(ITEMS)] = 0

people = [[0, 3, 7], [14], [], list(range(ITEMS))]
rows = numpy.zeros((len(people), ITEMS))
for row, items in enumerate(people):
    rows[row, items] = 1

fixture = {
    "users": USERS,
    "items": ITEMS,
    "regularization": REGULARIZATION,
    "histories": [numpy.flatnonzero(row).tolist() for row in x],
    "weights": weights.tolist(),
    "people": people,
    "scores": (rows @ weights).tolist(),
}
path = pathlib.Path(__file__).with_name("ease.json")
path.write_text(json.dumps(fixture) + "\n")
