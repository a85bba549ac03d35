"""Events a second of PyTorch on SASRec (Kang and McAuley, 2018) and on an LSTM over the same histories.

    sequences.py FOLDER --network sasrec|lstm --form padded|fused|buckets --width D --loss logistic|softmax
                 --batch N --threads N

FOLDER holds offsets.npy, items.npy (the newest events of each person) and shape.npy (how many items there are). An
event counts where the next one is predicted; padding does not.

`padded` is how it is usually written: every history padded to the longest there may be, attention weights as a matrix.
`fused` leaves attention to scaled_dot_product_attention. `buckets` sorts some batches' histories by length besides, so
that a batch is as long as its own longest history; an LSTM packs them (pack_padded_sequence).
To PyTorch's advantage: negatives are drawn without looking whether the person knows them.
"""

import argparse
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from sample import answer, array, peak_bytes

LENGTH = 200
CHUNK = 16  # Batches whose histories are sorted together.


class Block(nn.Module):
    """Pre-norm attention of one head and a feed-forward network as wide as the model."""

    def __init__(self, width, dropout, fused):
        super().__init__()
        self.norm, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.projection, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.expand, self.contract = nn.Linear(width, width), nn.Linear(width, width)
        self.dropout, self.fused = dropout, fused

    def forward(self, x):
        q, k, v = self.projection(self.norm(x)).chunk(3, -1)
        if self.fused:
            y = F.scaled_dot_product_attention(
                q[:, None], k[:, None], v[:, None], is_causal=True, dropout_p=self.dropout
            )[:, 0]
        else:
            length = x.shape[1]
            mask = torch.ones(length, length, dtype=torch.bool).triu(1)
            scores = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).masked_fill(mask, -torch.inf)
            y = F.dropout(scores.softmax(-1), self.dropout) @ v
        x = x + F.dropout(self.output(y), self.dropout)
        hidden = F.dropout(F.relu(self.expand(self.norm2(x))), self.dropout)
        return x + F.dropout(self.contract(hidden), self.dropout)


class Network(nn.Module):
    def __init__(self, kind, items, width, dropout, form):
        super().__init__()
        # Row 0 is padding. Histories are padded behind, so that padding changes nothing that counts.
        self.items = nn.Embedding(items + 1, width, padding_idx=0)
        nn.init.normal_(self.items.weight, std=width**-0.5)
        self.dropout, self.kind, self.form = dropout, kind, form
        if kind == "sasrec":
            self.positions = nn.Embedding(LENGTH, width)
            self.blocks = nn.Sequential(*(Block(width, dropout, form != "padded") for _ in range(2)))
            self.norm = nn.LayerNorm(width)
        else:
            self.recurrent = nn.LSTM(width, width, batch_first=True)

    def forward(self, ids, lengths):
        x = self.items(ids) * self.items.embedding_dim**0.5
        if self.kind == "lstm":
            x = F.dropout(x, self.dropout)
            if self.form == "buckets":
                packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
                return nn.utils.rnn.pad_packed_sequence(self.recurrent(packed)[0], batch_first=True)[0]
            return self.recurrent(x)[0]
        # As ours, positions count from the newest event.
        positions = (lengths[:, None] - 1 - torch.arange(ids.shape[1])).clamp(min=0)
        return self.norm(self.blocks(F.dropout(x + self.positions(positions), self.dropout)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--network", choices=["sasrec", "lstm"], required=True)
    parser.add_argument("--form", choices=["padded", "fused", "buckets"], required=True)
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--loss", choices=["logistic", "softmax"], required=True)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=12)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    random = np.random.default_rng(1)

    offsets, items = array(options.folder, "offsets"), array(options.folder, "items").astype(np.int64) + 1
    item_count = int(array(options.folder, "shape")[0])
    lengths = np.minimum(np.diff(offsets) - 1, LENGTH)
    users = np.flatnonzero(lengths > 0)
    model = Network(options.network, item_count, options.width, 0.2, options.form)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def batches():
        while True:
            order = random.permutation(users)
            if options.form == "buckets":
                size = CHUNK * options.batch
                order = np.concatenate(
                    [part[np.argsort(lengths[part], kind="stable")] for part in np.split(order, range(size, len(order), size))]
                )
            parts = np.split(order, range(options.batch, len(order), options.batch))
            for index in random.permutation(len(parts)):
                yield parts[index]

    def step(members):
        own = lengths[members]
        longest = int(own.max()) if options.form == "buckets" else LENGTH
        ids, following = (np.zeros((len(members), longest), np.int64) for _ in range(2))
        for row, (member, length) in enumerate(zip(members, own)):
            end = offsets[member + 1]
            ids[row, :length] = items[end - length - 1 : end - 1]
            following[row, :length] = items[end - length : end]
        ids, following = torch.from_numpy(ids), torch.from_numpy(following)
        states = model(ids, torch.from_numpy(own))
        counts = following > 0
        if options.loss == "softmax":
            loss = F.cross_entropy(states[counts] @ model.items.weight[1:].T, following[counts] - 1)
        else:
            wrong = torch.randint(1, item_count + 1, following.shape)
            right = (states * model.items(following)).sum(-1)[counts]
            other = (states * model.items(wrong)).sum(-1)[counts]
            loss = F.softplus(-right).mean() + F.softplus(other).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return int(own.sum())

    stream = batches()
    for _ in range(3):
        step(next(stream))
    events, start = 0, time.perf_counter()
    while time.perf_counter() - start < options.seconds:
        events += step(next(stream))
    answer(samples_per_second=events / (time.perf_counter() - start), peak_bytes=peak_bytes())


if __name__ == "__main__":
    main()
