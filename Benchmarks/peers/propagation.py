"""Bytes a second of a sparse–dense product, counted as `marquee-bench` counts them.

    propagation.py FOLDER --kernel csr|messages|edge-index --width D --threads N

`csr` is torch.sparse.mm, `messages` PyTorch Geometric's message passing (gather and scatter), `edge-index`
its EdgeIndex, sorted by row with compressed rows kept, whose product is the fastest it has without torch_sparse.
"""

import argparse
import statistics
import time

import torch

from graph import Graph, propagation
from sample import answer


def kernel(name, graph):
    if name == "csr":
        matrix = graph.csr()
        return lambda x: torch.sparse.mm(matrix, x)
    if name == "messages":
        return propagation(graph, "pyg")
    from torch_geometric import EdgeIndex

    index = EdgeIndex(graph.edge_index.flip(0), sparse_size=(graph.count, graph.count), sort_order="row")
    index.fill_cache_()
    return lambda x: index.matmul(x, graph.values)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--kernel", choices=["csr", "messages", "edge-index"], required=True)
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    graph = Graph(options.folder, "all")
    x = torch.randn(graph.count, options.width)
    times = []
    with torch.no_grad():
        product = kernel(options.kernel, graph)
        expected = torch.sparse.mm(graph.csr(), x)
        assert torch.allclose(product(x), expected, atol=1e-4)  # Warm-up as well.
        while len(times) < 3 or sum(times) < options.seconds:
            start = time.perf_counter()
            product(x)
            times.append(time.perf_counter() - start)
    seconds = statistics.median(times)
    answer(bytes_per_second=(len(graph.columns) + graph.count) * (8 + 4 * options.width) / seconds, seconds=seconds)


if __name__ == "__main__":
    main()
