"""Seconds an epoch of MBH-GNN in PyTorch, on data whose edges have neither time nor value.

    mbh_gnn.py FOLDER --form sparse|pyg --share S --batch B --threads N

`pyg` gathers and scatters rows along edges; `sparse` keeps one number an edge and multiplies by compressed rows,
forwards, and backwards by their transpose and by a sampled product. Both have the softmax below, as PyTorch
Geometric's knows no rows whose edges are all hidden.
"""

import argparse

import torch
from torch.nn import functional as F

from graph import Graph, propagation, start, train



class AttendedProduct(torch.autograd.Function):
    """y = A z, gradients to A's values and to z."""

    @staticmethod
    def forward(context, graph, order, values, z):
        context.graph, context.order = graph, order
        context.save_for_backward(values, z)
        return torch.sparse.mm(graph.csr(values), z)

    @staticmethod
    def backward(context, dy):
        graph = context.graph
        values, z = context.saved_tensors
        dz = torch.sparse.mm(graph.csr(values[context.order]), dy)
        dvalues = torch.sparse.sampled_addmm(graph.csr(torch.zeros_like(values)), dy, z.T, beta=0).values()
        return None, None, dvalues, dz


def softmax(logits, graph):
    """Over the edges of each row; rows whose edges are all hidden get nothing."""
    peaks = torch.full((graph.count,), -torch.inf).scatter_reduce(0, graph.rows, logits.detach(), "amax")
    exponentials = (logits - peaks.clamp(min=-1e30)[graph.rows]).exp()
    sums = torch.zeros(graph.count).scatter_add(0, graph.rows, exponentials)
    return exponentials / sums.clamp(min=1e-30)[graph.rows]


def attention(graph, form):
    """(s, t, z, w, hidden edges) → Σ α w z."""
    rows, columns = graph.rows, graph.columns.long()

    def logits(s, t, hidden):
        along = F.leaky_relu(s[rows] + t[columns], 0.2)
        return along if hidden is None else along.index_fill(0, hidden, -torch.inf)

    if form == "sparse":
        order = graph.transposition()

        def attend(s, t, z, weight, hidden):
            return AttendedProduct.apply(graph, order, softmax(logits(s, t, hidden), graph) * weight, z)

        return attend
    from torch_geometric.utils import scatter

    def attend(s, t, z, weight, hidden):
        shares = softmax(logits(s, t, hidden), graph)
        return scatter((shares * weight).unsqueeze(1) * z[columns], rows, dim_size=graph.count, reduce="sum")

    return attend


class Hiding:
    """The edges of a step's own pairs: of the target's graph, and of the fused one where nothing else joins them."""

    def __init__(self, behaviors, fused):
        self.count = fused.count
        self.target, self.fused = (self.keys(graph) for graph in (behaviors[-1], fused))
        others = torch.cat([self.keys(graph) for graph in behaviors[:-1]])
        self.is_alone = ~torch.isin(self.fused, others)

    def keys(self, graph):
        """Ascending, as compressed rows are."""
        return graph.rows * self.count + graph.columns.long()

    def __call__(self, users, items):
        asked = torch.cat([users * self.count + items, items * self.count + users])
        target = self.places(self.target, asked)
        fused = self.places(self.fused, self.target[target])
        return target, fused[self.is_alone[fused]]

    @staticmethod
    def places(keys, asked):
        places = torch.searchsorted(keys, asked).clamp(max=len(keys) - 1)
        return places[keys[places] == asked].unique()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dropout", type=float, default=0.5)
    options = argparse.Namespace()
    parameters = start(options, parser)
    layers = 1 + max(int(name.split(".")[1]) for name in parameters if name.startswith("layers."))
    hops = 1 + max(int(name.split(".")[1]) for name in parameters if name.startswith("hops."))
    behaviors = 1 + max(int(name.split(".")[3]) for name in parameters if name.startswith("layers.0.behaviors."))
    graphs = [Graph(options.folder, f"behavior-{k}") for k in range(behaviors)]
    fused = Graph(options.folder, "all")
    attend = [attention(graph, options.form) for graph in graphs]
    hide = Hiding(graphs, fused)
    degrees = [graph.offsets.diff().float() for graph in graphs]
    spread = propagation(fused, options.form)
    embeddings = parameters["embeddings"]

    def column(name, x):
        return x @ parameters[name].reshape(-1)

    def mixture(name, parts, absence=0):
        hidden = [F.linear(part, parameters[f"{name}.hidden.weight"], parameters[f"{name}.hidden.bias"]) for part in parts]
        scores = [column(f"{name}.query", part.tanh()) for part in hidden]
        weights = (torch.stack(scores, 1) + parameters[f"{name}.bias"] + absence).softmax(1)
        return sum(weights[:, k:k + 1] * part for k, part in enumerate(parts))

    def neighbors(layer, k, h, hidden):
        name = f"layers.{layer}.behaviors.{k}"
        z = h @ parameters[f"{name}.projection"].T
        # The network of edges belongs to the behavior, not to the layer; without features it gives one number.
        edges = f"layers.0.behaviors.{k}.weights"
        gate = parameters[f"{edges}.hidden.bias"].relu() @ parameters[f"{edges}.output.weight"].reshape(-1)
        weight = 2 * (gate + parameters[f"{edges}.output.bias"]).sigmoid()
        return attend[k](column(f"{name}.own", z), column(f"{name}.other", z), z, weight, hidden).relu()

    def embed(training, users=None, items=None):
        target, alone = hide(users, items) if training else (None, None)
        left = list(degrees)
        if training:
            left[-1] = left[-1] - torch.bincount(graphs[-1].rows[target], minlength=fused.count)
        absence = torch.where(torch.stack(left, 1) > 0, 0.0, -1e4)
        hop_weights = fused.values.index_fill(0, alone, 0) if training else fused.values
        h, parts = embeddings, [embeddings]
        for layer in range(layers):
            own = [neighbors(layer, k, h, target if k == behaviors - 1 else None) for k in range(behaviors)]
            h = F.dropout(mixture(f"layers.{layer}.mixture", own, absence), options.dropout, training)
            parts.append(h)
        for hop in range(hops):
            h = (spread(h, hop_weights) @ parameters[f"hops.{hop}"].T).relu()
            parts.append(h)
        return mixture("hopMixture", parts)

    train(options, embed, list(parameters.values()), embeddings, sees_pairs=True)


if __name__ == "__main__":
    main()
