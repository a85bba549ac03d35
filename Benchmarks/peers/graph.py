"""Products along the edges of a graph in PyTorch and PyTorch Geometric, and the training of networks made of them."""

import time
import warnings
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from sample import answer, array, peak_bytes

# That compressed rows are "in beta state", and unchecked.
warnings.filterwarnings("ignore", message="Sparse")


class Graph:
    """Compressed rows that `marquee-bench` wrote as NAME-offsets, NAME-columns and NAME-values."""

    def __init__(self, folder, name):
        # 32 bits, which is what the sparse kernels below want.
        self.offsets = torch.from_numpy(array(folder, f"{name}-offsets")).int()
        self.columns = torch.from_numpy(array(folder, f"{name}-columns"))
        self.values = torch.from_numpy(array(folder, f"{name}-values"))
        self.count = len(self.offsets) - 1
        self.rows = torch.repeat_interleave(torch.arange(self.count), self.offsets.diff().long())
        # Neighbor first, as PyTorch Geometric lets messages flow.
        self.edge_index = torch.stack([self.columns.long(), self.rows])

    def csr(self, values=None):
        values = self.values if values is None else values
        return torch.sparse_csr_tensor(self.offsets, self.columns, values, (self.count, self.count))

    def transposition(self):
        """Where each edge's reverse stands; rows and columns of the reversed graph are these, as edges go both ways."""
        order = torch.argsort(self.columns.long() * self.count + self.rows)
        assert torch.equal(self.rows[order], self.columns.long())
        return order


class SymmetricProduct(torch.autograd.Function):
    """A x with A = Aᵀ: spared the transposition that autograd would make of A at every step."""

    @staticmethod
    def forward(context, matrix, x):
        context.matrix = matrix
        return torch.sparse.mm(matrix, x)

    @staticmethod
    def backward(context, dy):
        return None, torch.sparse.mm(context.matrix, dy)


def propagation(graph, form):
    """x → A x in one of the forms; other values of the edges than the graph's may be given."""
    if form == "sparse":
        matrix = graph.csr()
        return lambda x, values=None: SymmetricProduct.apply(matrix if values is None else graph.csr(values), x)
    from torch_geometric.nn import MessagePassing

    class Propagation(MessagePassing):
        def __init__(self):
            super().__init__(aggr="add")

        def forward(self, x, values=None):
            return self.propagate(graph.edge_index, x=x, weight=graph.values if values is None else values)

        def message(self, x_j, weight):
            return weight.unsqueeze(1) * x_j

    return Propagation()


def train(options, embed, parameters, penalized, sees_pairs=False):
    """Trains on the pairs that ours trained on, from the parameters it started from: BPR, fused Adam.

    Sampling costs nothing here. `embed(training)` gives users and items in one table; where it `sees_pairs`, it is
    told in training which nodes the step's pairs join.
    """
    users, liked, unseen = (torch.from_numpy(ids).long() for ids in array(options.folder, "pairs"))
    item_shift = int(options.users)
    optimizer = torch.optim.Adam(parameters, lr=0.001, fused=True)
    batch, count = options.batch, -(-len(users) // options.batch)
    steps = max(1, int(count * options.share))

    def loss_of(final, users, liked, unseen):
        user = final[users]
        margin = (user * (final[liked + item_shift] - final[unseen + item_shift])).sum(1)
        return F.softplus(-margin)

    def step(index):
        part = slice(index * batch, (index + 1) * batch)
        ids = users[part], liked[part], unseen[part]
        pairs = [torch.cat([ids[0], ids[0]]), torch.cat([ids[1], ids[2]]) + item_shift] if sees_pairs else []
        losses = loss_of(embed(True, *pairs), *ids)
        start = (penalized[ids[0]], penalized[ids[0]], penalized[ids[1] + item_shift], penalized[ids[2] + item_shift])
        penalty = 1e-4 / 2 * sum(rows.square().sum() for rows in start)
        optimizer.zero_grad(set_to_none=True)
        ((losses.sum() + penalty) / len(losses)).backward()
        optimizer.step()
        return losses.sum().item()

    total = step(0)
    start = time.perf_counter()
    for index in range(1, steps):
        total += step(index)
    seconds = (time.perf_counter() - start) / max(steps - 1, 1)
    with torch.no_grad():
        probe = (torch.from_numpy(ids).long() for ids in array(options.folder, "probe"))
        after = loss_of(embed(False), *probe).mean()
    answer(seconds=seconds * count, step_seconds=seconds, loss=total / min(steps * batch, len(users)),
           loss_after=after, peak_bytes=peak_bytes())


def start(options, parser):
    """What the networks share on the command line; returns their starting parameters by name."""
    parser.add_argument("folder")
    parser.add_argument("--form", choices=["sparse", "pyg"], required=True)
    parser.add_argument("--share", type=float, default=1)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.parse_args(namespace=options)
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    options.users = array(options.folder, "shape")[0]
    tensors = load_file(Path(options.folder) / "start.safetensors")
    return {name: tensor.clone().requires_grad_() for name, tensor in tensors.items()}
