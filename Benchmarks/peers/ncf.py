"""The NCF paper's network (Table 1), its optimizers and its negative sampling, in PyTorch."""

import numpy as np
import torch
from torch import nn


class NCF(nn.Module):
    """logit(u, i) = MLP([p_u ‖ q_i]); ReLU, batch norm and dropout after the first three layers."""

    def __init__(self, users, items, embedding=8, layers=(128, 64, 32, 16), dropout=0.2, deviation=0.01, sparse=True):
        super().__init__()
        self.users = nn.Embedding(users, embedding, sparse=sparse)
        self.items = nn.Embedding(items, embedding, sparse=sparse)
        nn.init.normal_(self.users.weight, std=deviation)
        nn.init.normal_(self.items.weight, std=deviation)
        blocks, width = [], 2 * embedding
        for index, out in enumerate(layers):
            blocks += [nn.Linear(width, out), nn.ReLU()]
            if index < len(layers) - 1:
                blocks += [nn.BatchNorm1d(out), nn.Dropout(dropout)]
            width = out
        self.tower = nn.Sequential(*blocks, nn.Linear(width, 1))

    def forward(self, users, items):
        return self.tower(torch.cat([self.users(users), self.items(items)], dim=1)).squeeze(1)

    def optimizers(self, rate=0.001, sparse=True, **adam):
        """Adam over everything; with sparse tables SparseAdam for them and Adam for the rest."""
        if not sparse:
            return [torch.optim.Adam(self.parameters(), lr=rate, **adam)]
        return [torch.optim.SparseAdam([self.users.weight, self.items.weight], lr=rate),
                torch.optim.Adam(self.tower.parameters(), lr=rate, **adam)]


class BitTable:
    """Which (user, item) pairs occurred, a bit each: the fastest vectorized membership test in numpy."""

    def __init__(self, users, items, user_count, item_count):
        self.item_count = item_count
        keys = np.sort(users.astype(np.int64) * item_count + items)
        octets = keys >> 3
        starts = np.flatnonzero(np.r_[True, octets[1:] != octets[:-1]])
        self.bits = np.zeros((user_count * item_count + 7) // 8, np.uint8)
        self.bits[octets[starts]] = np.bitwise_or.reduceat(np.uint8(1) << (keys & 7).astype(np.uint8), starts)

    def __call__(self, users, items):
        keys = users * self.item_count + items
        return (self.bits[keys >> 3] >> (keys & 7).astype(np.uint8)) & 1 != 0


def draw_negatives(random, seen, users, item_count):
    """For each user an item, uniform over those that `seen` says the user has not touched."""
    items = random.integers(0, item_count, len(users))
    again = np.flatnonzero(seen(users, items))
    while len(again):
        items[again] = random.integers(0, item_count, len(again))
        again = again[seen(users[again], items[again])]
    return items
