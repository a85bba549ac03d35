"""DIN in PyTorch as it is usually written: histories padded to one length, the activation unit over [h, c, h - c, h * c]
of every pair, PReLU or Dice, Adam with sparse gradients for the items. Trains for some steps, or scores 500 candidates."""

import argparse
import json
import time

import torch
from torch import nn


class Dice(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.alpha = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        p = torch.sigmoid(self.norm(x.reshape(-1, x.shape[-1])).reshape(x.shape))
        return p * x + (1 - p) * self.alpha * x


class PReLU(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.alpha = nn.Parameter(torch.full((width,), 0.25))

    def forward(self, x):
        return torch.where(x > 0, x, self.alpha * x)


def layers(widths, activation):
    return nn.Sequential(
        *[part for a, b in zip(widths, widths[1:]) for part in (nn.Linear(a, b), activation(b))])


class DIN(nn.Module):
    def __init__(self, items, categories, activation, width=16, attention=(64, 64), tower=(128, 64)):
        super().__init__()
        self.items = nn.Embedding(items, width, sparse=True)
        self.categories = nn.Embedding(categories, width)
        event = 2 * width
        self.unit = nn.Sequential(layers([4 * event, *attention], activation), nn.Linear(attention[-1], 1, bias=False))
        self.tower = nn.Sequential(layers([3 * event, *tower], activation), nn.Linear(tower[-1], 1))

    def vectors(self, ids, of):
        return torch.cat([self.items(ids), self.categories(of[ids])], dim=-1)

    def forward(self, candidates, history, mask, of):
        c = self.vectors(candidates, of)
        h = self.vectors(history, of)
        q = c.unsqueeze(1).expand_as(h)
        weights = self.unit(torch.cat([h, q, h - q, h * q], dim=-1)) * mask.unsqueeze(-1)
        interest = (weights * h).sum(1)
        return self.tower(torch.cat([interest, c, interest * c], dim=-1)).squeeze(-1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--categories", type=int, default=100)
    parser.add_argument("--length", type=int, default=50)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--candidates", type=int, default=500)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--activation", choices=["prelu", "dice"], default="prelu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    of = torch.randint(options.categories, (options.items,))
    model = DIN(options.items, options.categories, Dice if options.activation == "dice" else PReLU)
    dense = [p for name, p in model.named_parameters() if not name.startswith("items")]
    optimizers = [torch.optim.SparseAdam([model.items.weight]), torch.optim.Adam(dense)]

    def batch(n):
        return (torch.randint(options.items, (n,)), torch.randint(options.items, (n, options.length)),
                torch.ones(n, options.length), torch.randint(2, (n,)).float())

    def step(candidates, history, mask, labels):
        loss = nn.functional.binary_cross_entropy_with_logits(model(candidates, history, mask, of), labels)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()

    batches = [batch(options.batch) for _ in range(8)]
    step(*batches[0])
    start = time.perf_counter()
    for index in range(options.steps):
        step(*batches[index % 8])
    training = (time.perf_counter() - start) / options.steps

    model.eval()
    candidates, _, _, _ = batch(options.candidates)
    history = torch.randint(options.items, (1, options.length)).expand(options.candidates, -1)
    mask = torch.ones(options.candidates, options.length)
    times = []
    with torch.no_grad():
        for _ in range(20):
            start = time.perf_counter()
            model(candidates, history, mask, of)
            times.append(time.perf_counter() - start)
    print(json.dumps({
        "samples_per_second": options.batch / training, "score_seconds": sorted(times)[len(times) // 2]}))


if __name__ == "__main__":
    main()
