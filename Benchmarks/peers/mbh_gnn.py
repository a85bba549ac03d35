"""Seconds an epoch of MBH-GNN in PyTorch, on data whose edges have neither time nor value.

    mbh_gnn.py FOLDER --form sparse|pyg --share S --batch B --threads N

`pyg` gathers and scatters rows along edges and has PyTorch Geometric's softmax; `sparse` keeps one number an
edge and multiplies by compressed rows, forwards, and backwards by their transpose and by a sampled product.
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
    """Over the edges of each row."""
    peaks = torch.full((graph.count,), -torch.inf).scatter_reduce(0, graph.rows, logits.detach(), "amax")
    exponentials = (logits - peaks[graph.rows]).exp()
    sums = torch.zeros(graph.count).scatter_add(0, graph.rows, exponentials)
    return exponentials / sums[graph.rows]


def attention(graph, form):
    """(s, t, z, w) → Σ α w z."""
    rows, columns = graph.rows, graph.columns.long()
    if form == "sparse":
        order = graph.transposition()

        def attend(s, t, z, weight):
            shares = softmax(F.leaky_relu(s[rows] + t[columns], 0.2), graph)
            return AttendedProduct.apply(graph, order, shares * weight, z)

        return attend
    from torch_geometric.utils import scatter
    from torch_geometric.utils import softmax as edge_softmax

    def attend(s, t, z, weight):
        shares = edge_softmax(F.leaky_relu(s[rows] + t[columns], 0.2), rows, num_nodes=graph.count)
        return scatter((shares * weight).unsqueeze(1) * z[columns], rows, dim_size=graph.count, reduce="sum")

    return attend


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dropout", type=float, default=0.5)
    options = argparse.Namespace()
    parameters = start(options, parser)
    layers = 1 + max(int(name.split(".")[1]) for name in parameters if name.startswith("layers."))
    hops = 1 + max(int(name.split(".")[1]) for name in parameters if name.startswith("hops."))
    behaviors = 1 + max(int(name.split(".")[3]) for name in parameters if name.startswith("layers.0.behaviors."))
    attend = [attention(Graph(options.folder, f"behavior-{k}"), options.form) for k in range(behaviors)]
    spread = propagation(Graph(options.folder, "all"), options.form)
    embeddings = parameters["embeddings"]

    def linear(name, x):
        return F.linear(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"])

    def column(name, x):
        return x @ parameters[name].reshape(-1)

    def mixture(name, parts):
        scores = [column(f"{name}.query", linear(f"{name}.hidden", part).tanh()) for part in parts]
        weights = (torch.stack(scores, 1) + parameters[f"{name}.bias"]).softmax(1)
        return sum(weights[:, k:k + 1] * part for k, part in enumerate(parts))

    def neighbours(layer, k, h):
        name = f"layers.{layer}.behaviors.{k}"
        z = linear(f"{name}.projection", h)
        # The network of edges belongs to the behavior, not to the layer; without features it gives one number.
        edges = f"layers.0.behaviors.{k}.weights"
        gate = parameters[f"{edges}.hidden.bias"].relu() @ parameters[f"{edges}.output.weight"].reshape(-1)
        weight = 2 * (gate + parameters[f"{edges}.output.bias"]).sigmoid()
        return attend[k](column(f"{name}.own", z), column(f"{name}.other", z), z, weight).relu()

    def embed(training):
        h = embeddings
        for layer in range(layers):
            h = mixture(f"layers.{layer}.mixture", [neighbours(layer, k, h) for k in range(behaviors)])
            h = F.dropout(h, options.dropout, training)
        parts = [embeddings, h]
        for hop in range(hops):
            h = linear(f"hops.{hop}", spread(h)).relu()
            parts.append(h)
        return mixture("hopMixture", parts)

    train(options, embed, list(parameters.values()), embeddings)


if __name__ == "__main__":
    main()
