"""Seconds an epoch of LightGCN in PyTorch.

    lightgcn.py FOLDER --form sparse|pyg --share S --batch B --threads N

The mean of e, Ae, A²e and A³e; `sparse` multiplies by torch.sparse.mm, `pyg` passes messages.
"""

import argparse

from graph import Graph, propagation, start, train

LAYERS = 3


def main():
    options = argparse.Namespace()
    parameters = start(options, argparse.ArgumentParser())
    spread = propagation(Graph(options.folder, "all"), options.form)
    embeddings = parameters["embeddings"]

    def embed(training):
        layer = total = embeddings
        for _ in range(LAYERS):
            layer = spread(layer)
            total = total + layer
        return total / (LAYERS + 1)

    train(options, embed, list(parameters.values()), embeddings)


if __name__ == "__main__":
    main()
