"""Writes reference values for the tests of MarqueeTensor, one JSON file an operation, from PyTorch.

Run it by `scripts/fixtures`. Every file reads

    {"operation": ..., "reference": "torch 2.x",
     "parameters": {name: number},                       # momentum, learning rate, slope, ...
     "inputs":     {name: {"shape": [...], "values": [...]}},
     "outputs":    {name: tensor},
     "upstream":   {output: tensor},                     # the gradient that reaches each output
     "gradients":  {input: tensor}}                      # the gradient that leaves for each input

in float32, row-major; ids are integers. A loss's upstream is 1. Optimisers have inputs `initial`
and `gradients` ([steps, ...]) and outputs `parameters` ([steps, ...], after each step); schedules
have outputs `rates` ([steps]). Linear weights are [out, in].
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
warnings.filterwarnings("ignore", category=UserWarning)


def tensor(value):
    value = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
    if value.dtype.kind == "f":
        # The shortest text that gives the same float32 back.
        values = [float(np.format_float_scientific(v, unique=True)) for v in value.astype(np.float32).ravel()]
    else:
        values = [int(v) for v in value.ravel()]
    assert all(math.isfinite(v) for v in values)
    return {"shape": list(value.shape), "values": values}


def write(operation, parameters=None, **groups):
    fixture = {"operation": operation, "reference": f"torch {torch.__version__.split('+')[0]}",
               "parameters": parameters or {}}
    lines = [f'"{key}": {json.dumps(value)}' for key, value in fixture.items()]
    for group, tensors in groups.items():
        rows = [f'  "{name}": {json.dumps(tensor(value), separators=(",", ":"))}' for name, value in tensors.items()]
        lines.append(f'"{group}": {{\n' + ",\n".join(rows) + "\n}")
    (HERE / f"{operation}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def normal(*shape, seed, scale=1.0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * scale


def operation(name, forward, parameters=None, constants=(), **inputs):
    """Records `forward(**inputs)` (a tensor, or name → tensor) and its gradients under a random upstream."""
    for key, value in inputs.items():
        if value.is_floating_point() and key not in constants:
            value.requires_grad_(True)
    outputs = forward(**inputs)
    if isinstance(outputs, torch.Tensor):
        outputs = {"y": outputs}
    upstream = {}
    total = 0
    for index, (key, value) in enumerate(outputs.items()):
        if not value.requires_grad:
            continue
        upstream[key] = torch.ones(()) if value.dim() == 0 else normal(*value.shape, seed=1000 + index)
        total = total + (value * upstream[key]).sum()
    total.backward()
    gradients = {key: value.grad for key, value in inputs.items() if value.grad is not None}
    write(name, parameters, inputs=inputs, outputs=outputs, upstream=upstream, gradients=gradients)


def pointwise():
    x = lambda: normal(6, 10, seed=1, scale=2.5)
    operation("relu", lambda x: F.relu(x), x=x())
    operation("sigmoid", lambda x: torch.sigmoid(x), x=x())
    operation("tanh", lambda x: torch.tanh(x), x=x())
    operation("softplus", lambda x: F.softplus(x), x=x())
    operation("gelu", lambda x: F.gelu(x), x=x())
    operation("leaky_relu", lambda x: F.leaky_relu(x, 0.2), {"slope": 0.2}, x=x())
    # Where naive formulas overflow or lose every digit.
    steep = torch.tensor([-120.0, -88.5, -30.0, -17.0, -1e-4, 0.0, 1e-4, 17.0, 30.0, 88.5, 120.0])
    operation("sigmoid_extremes", lambda x: torch.sigmoid(x), x=steep.clone())
    operation("tanh_extremes", lambda x: torch.tanh(x), x=steep.clone())
    operation("softplus_extremes", lambda x: F.softplus(x, threshold=1e9), x=steep.clone().clamp(max=88))
    operation("add", lambda a, b: a + b, a=normal(5, 7, seed=2), b=normal(5, 7, seed=3))
    operation("add_bias", lambda a, b: a + b, a=normal(5, 7, seed=2), b=normal(7, seed=3))
    operation("subtract", lambda a, b: a - b, a=normal(5, 7, seed=2), b=normal(5, 7, seed=3))
    operation("multiply", lambda a, b: a * b, a=normal(5, 7, seed=4), b=normal(5, 7, seed=5))
    operation("mix", lambda w, a, b, c: w[:, :1] * a + w[:, 1:2] * b + w[:, 2:] * c,
              w=normal(5, 3, seed=4), a=normal(5, 7, seed=5), b=normal(5, 7, seed=6), c=normal(5, 7, seed=7))
    operation("scale_columns", lambda a, b: a * b, a=normal(5, 7, seed=4), b=normal(7, seed=5))
    operation("scale", lambda a: a * -1.75, {"factor": -1.75}, a=normal(5, 7, seed=6))


def products():
    linear = lambda x, weight, bias: F.linear(x, weight, bias)
    arguments = lambda: dict(x=normal(9, 12, seed=10), weight=normal(7, 12, seed=11, scale=0.4),
                             bias=normal(7, seed=12, scale=0.5))
    operation("linear", linear, **arguments())
    operation("linear_relu", lambda **a: F.relu(linear(**a)), **arguments())
    operation("linear_no_bias", lambda x, weight: F.linear(x, weight), x=normal(9, 12, seed=10),
              weight=normal(7, 12, seed=11, scale=0.4))
    operation("matmul", lambda a, b: a @ b, a=normal(6, 9, seed=13), b=normal(9, 5, seed=14))
    operation("concat", lambda a, b, c: torch.cat([a, b, c], dim=1), a=normal(6, 3, seed=15), b=normal(6, 5, seed=16),
              c=normal(6, 1, seed=17))
    operation("unit_rows", lambda x: F.normalize(x, p=2, dim=1), x=normal(8, 11, seed=18))
    # The matrix of GraphOperationTests.
    matrix = torch.sparse_csr_tensor([0, 2, 3, 3, 6, 7, 9, 9], [1, 3, 0, 0, 3, 5, 6, 2, 4],
                                     [0.5, -1, 2, 0.25, 1, -0.75, 1.5, 1, 0.3], (7, 7))
    operation("propagate", lambda x: torch.sparse.mm(matrix, x), x=normal(7, 5, seed=21))
    # Attention over the same edges, of kinds 0, 1, 2, 0, …
    offsets, columns = matrix.crow_indices(), matrix.col_indices()
    rows = torch.repeat_interleave(torch.arange(7), offsets[1:] - offsets[:-1])

    def edge_attention(s, t, z, w):
        p = F.leaky_relu(s[rows, 0] + t[columns, 0], 0.2)
        dense = torch.full((7, 7), -torch.inf).index_put((rows, columns), p)
        share = torch.nan_to_num(torch.softmax(dense, dim=1))[rows, columns] * w[0, torch.arange(9) % 3]
        return torch.zeros(7, z.shape[1]).index_add(0, rows, share[:, None] * z[columns])

    operation("edge_attention", edge_attention, s=normal(7, 1, seed=22), t=normal(7, 1, seed=23), z=normal(7, 5, seed=24),
              w=normal(1, 3, seed=25))
    operation("rowwise_dot", lambda a, b: (a * b).sum(1), a=normal(8, 11, seed=18), b=normal(8, 11, seed=19))
    operation("sum_rows", lambda a: a.sum(0), a=normal(6, 5, seed=20))
    operation("mean", lambda a: a.mean(), a=normal(6, 5, seed=20))
    # Ids 3 and 0 repeat; rows 1 and 5 are never touched, so their gradient is zero.
    ids = torch.tensor([3, 0, 3, 2, 6, 0, 3, 4])
    operation("embedding", lambda table, ids: F.embedding(ids, table), table=normal(7, 5, seed=21), ids=ids)


def normalization():
    x, weight, bias = normal(16, 6, seed=30, scale=2) + 0.7, normal(6, seed=31) + 1, normal(6, seed=32)
    mean, variance = normal(6, seed=33), normal(6, seed=34).square() + 0.5
    running_mean, running_variance = mean.clone(), variance.clone()

    def train(x, weight, bias, running_mean, running_variance):
        after_mean, after_variance = running_mean.clone(), running_variance.clone()
        y = F.batch_norm(x, after_mean, after_variance, weight, bias, True, 0.1, 1e-5)
        return {"y": y, "running_mean": after_mean, "running_variance": after_variance}

    def evaluate(x, weight, bias, running_mean, running_variance):
        return F.batch_norm(x, running_mean, running_variance, weight, bias, False, 0.1, 1e-5)

    settings = {"momentum": 0.1, "epsilon": 1e-5}
    constants = ("running_mean", "running_variance")
    operation("batch_norm_train", train, settings, constants, x=x.clone(), weight=weight.clone(), bias=bias.clone(),
              running_mean=running_mean, running_variance=running_variance)
    operation("batch_norm_eval", evaluate, settings, constants, x=x.clone(), weight=weight.clone(), bias=bias.clone(),
              running_mean=mean.clone(), running_variance=variance.clone())
    operation("layer_norm", lambda x, weight, bias: F.layer_norm(x, (6,), weight, bias, 1e-5), {"epsilon": 1e-5},
              x=x.clone(), weight=weight.clone(), bias=bias.clone())
    operation("softmax", lambda x: torch.softmax(x, 1), x=normal(6, 9, seed=35, scale=3))


def losses():
    labels = (torch.arange(20) % 5 == 0).float()
    logits = lambda: normal(20, seed=40, scale=4)
    operation("bce_with_logits", lambda logits, labels: F.binary_cross_entropy_with_logits(logits, labels),
              constants=("labels",), logits=logits(), labels=labels)
    operation("bce_with_logits_weighted",
              lambda logits, labels, weights: F.binary_cross_entropy_with_logits(logits, labels, weights),
              constants=("labels", "weights"), logits=logits(), labels=labels, weights=normal(20, seed=41).abs())
    operation("bce_with_logits_extremes", lambda logits, labels: F.binary_cross_entropy_with_logits(logits, labels),
              constants=("labels",), logits=torch.tensor([-120.0, -40, -1e-4, 0, 1e-4, 40, 120, -120, 40, 120]),
              labels=torch.tensor([0.0, 1, 0, 1, 0, 1, 0, 1, 0, 1]))
    operation("bpr", lambda positive, negative: -F.logsigmoid(positive - negative).mean(),
              positive=normal(18, seed=42, scale=3), negative=normal(18, seed=43, scale=3))
    # Column 0 is the positive, the others are sampled negatives.
    operation("sampled_softmax",
              lambda logits: F.cross_entropy(logits, torch.zeros(logits.shape[0], dtype=torch.long)),
              logits=normal(8, 6, seed=44, scale=4))
    operation("cross_entropy", lambda logits, targets: F.cross_entropy(logits, targets),
              logits=normal(8, 6, seed=45, scale=4), targets=torch.tensor([0, 5, 2, 2, 1, 3, 4, 5]))
    operation("squared_error", lambda x, targets: F.mse_loss(x, targets), constants=("targets",),
              x=normal(12, seed=46), targets=normal(12, seed=47))


# Packed sequences: the rows of each together, one of them empty.
LENGTHS = [3, 0, 5, 1, 2]


def spans(lengths):
    ends = np.cumsum(lengths)
    return [slice(int(end - length), int(end)) for end, length in zip(ends, lengths)]


def each_sequence(lengths, forward, *packed):
    """`forward` of each sequence's rows, packed again."""
    return torch.cat([forward(*(x[span] for x in packed)) for span in spans(lengths) if span.start < span.stop])


def recurrent():
    rows, inputs, hidden = sum(LENGTHS), 3, 4
    weights = lambda gates: dict(
        x=normal(rows, inputs, seed=100), inputWeight=normal(gates * hidden, inputs, seed=101, scale=0.6),
        stateWeight=normal(gates * hidden, hidden, seed=102, scale=0.6), bias=normal(gates * hidden, seed=103))
    lengths = torch.tensor(LENGTHS)

    def run(module, parameters, x):
        return torch.func.functional_call(module, parameters, (x[None],))[0][0]

    def lstm(x, inputWeight, stateWeight, bias, lengths):
        module = nn.LSTM(inputs, hidden, batch_first=True)
        parameters = {"weight_ih_l0": inputWeight, "weight_hh_l0": stateWeight, "bias_ih_l0": bias,
                      "bias_hh_l0": torch.zeros_like(bias)}
        return each_sequence(LENGTHS, lambda x: run(module, parameters, x), x)

    def gru(x, inputWeight, stateWeight, bias, candidateBias, lengths):
        module = nn.GRU(inputs, hidden, batch_first=True)
        parameters = {"weight_ih_l0": inputWeight, "weight_hh_l0": stateWeight, "bias_ih_l0": bias,
                      "bias_hh_l0": torch.cat([torch.zeros(2 * hidden), candidateBias])}
        return each_sequence(LENGTHS, lambda x: run(module, parameters, x), x)

    def decayed(x, inputWeight, stateWeight, bias, decay, lengths):
        def steps(x, decay):
            h, c, states = torch.zeros(hidden), torch.zeros(hidden), []
            for t in range(len(x)):
                h, c = torch.lstm_cell(x[t:t + 1], (h[None], (c * decay[t])[None]), inputWeight, stateWeight, bias)
                h, c = h[0], c[0]
                states.append(h)
            return torch.stack(states)
        return each_sequence(LENGTHS, steps, x, decay)

    operation("lstm", lstm, **weights(4), lengths=lengths)
    operation("lstm_decay", decayed, **weights(4), decay=torch.sigmoid(normal(rows, hidden, seed=104)), lengths=lengths)
    operation("lstm_row_decay", decayed, **weights(4), decay=torch.sigmoid(normal(rows, 1, seed=105)), lengths=lengths)
    operation("gru", gru, **weights(3), candidateBias=normal(hidden, seed=106), lengths=lengths)


def relative_bucket(i, j, count):
    return (j - i).clamp(-(count // 2), count // 2) + count // 2


def logarithmic_bucket(i, j, count, fineness):
    bits = (1 + (j - i).abs()).float().numpy().view(np.int32).astype(np.int64)
    return torch.from_numpy((bits >> (23 - fineness)) - (127 << fineness)).clamp(max=count - 1)


def attend(q, k, v, heads, bias=None, causal=False):
    """q, k, v [rows, heads * width] of one sequence; bias [heads, queries, keys]."""
    split = lambda x: x.reshape(len(x), heads, x.shape[1] // heads).transpose(0, 1)
    bias = torch.zeros(heads, len(q), len(k)) if bias is None else bias
    if causal:
        unseen = torch.ones(len(q), len(k), dtype=torch.bool).triu(1 + len(k) - len(q))
        bias = bias.masked_fill(unseen, -torch.inf)
    return F.scaled_dot_product_attention(split(q), split(k), split(v), attn_mask=bias).transpose(0, 1).flatten(1)


def attention():
    heads = 2
    qkv = lambda lengths, width: {name: normal(sum(lengths), heads * width, seed=110 + index, scale=1.5)
                                  for index, name in enumerate("qkv")}
    operation("attention", lambda q, k, v, lengths: each_sequence(LENGTHS, lambda *x: attend(*x, heads), q, k, v),
              **qkv(LENGTHS, 3), lengths=torch.tensor(LENGTHS))

    # Longer than a block of either kind, with a bias by position and one by time.
    lengths = [70, 3, 0, 1]
    gaps = torch.randint(0, 40, (sum(lengths),), generator=torch.Generator().manual_seed(113))
    times = torch.cat([gaps[span].cumsum(0) for span in spans(lengths)])

    def biased(q, k, v, position, time, times, **_):
        def one(q, k, v, times):
            at = torch.arange(len(q))
            bias = position[:, relative_bucket(at[:, None], at, position.shape[1])]
            bias = bias + time[:, logarithmic_bucket(times[:, None], times, time.shape[1], 1)]
            return attend(q, k, v, heads, bias, causal=True)
        return each_sequence(lengths, one, q, k, v, times)

    operation("attention_biased", biased, **qkv(lengths, 2), position=normal(heads, 9, seed=114),
              time=normal(heads, 12, seed=115), times=times, lengths=torch.tensor(lengths))

    # Queries of other rows than the keys: the last of each sequence's.
    query_lengths, key_lengths = [1, 0, 2, 1], [4, 2, 5, 1]

    def across(q, k, v, lengths, keyLengths):
        return torch.cat([attend(q[a], k[b], v[b], heads, causal=True)
                          for a, b in zip(spans(query_lengths), spans(key_lengths)) if a.start < a.stop])

    operation("attention_across", across, q=normal(4, 6, seed=116), k=normal(12, 6, seed=117),
              v=normal(12, 4, seed=118), lengths=torch.tensor(query_lengths), keyLengths=torch.tensor(key_lengths))

    width, hidden = 4, 6
    for name, first in (("transformer_post_norm", False), ("transformer_pre_norm", True)):
        module = nn.TransformerEncoderLayer(width, heads, hidden, dropout=0, norm_first=first, batch_first=True)

        def layer(x, lengths, **weights):
            parameters = {
                "self_attn.in_proj_weight": torch.cat([weights[f"{part}.weight"] for part in ("query", "key", "value")]),
                "self_attn.in_proj_bias": torch.cat([weights[f"{part}.bias"] for part in ("query", "key", "value")]),
                "self_attn.out_proj.weight": weights["output.weight"], "self_attn.out_proj.bias": weights["output.bias"],
                "linear1.weight": weights["expand.weight"], "linear1.bias": weights["expand.bias"],
                "linear2.weight": weights["contract.weight"], "linear2.bias": weights["contract.bias"],
                "norm1.weight": weights["attentionNorm.gain"], "norm1.bias": weights["attentionNorm.bias"],
                "norm2.weight": weights["feedForwardNorm.gain"], "norm2.bias": weights["feedForwardNorm.bias"]}

            def one(x):
                mask = nn.Transformer.generate_square_subsequent_mask(len(x))
                return torch.func.functional_call(module, parameters, (x[None],), {"src_mask": mask})[0]
            return each_sequence(LENGTHS, one, x)

        shapes = {part: (width, width) for part in ("query", "key", "value", "output")}
        shapes |= {"expand": (hidden, width), "contract": (width, hidden)}
        weights = {}
        for seed, (part, shape) in enumerate(shapes.items()):
            weights[f"{part}.weight"] = normal(*shape, seed=120 + seed, scale=0.7)
            weights[f"{part}.bias"] = normal(shape[0], seed=130 + seed, scale=0.5)
        for seed, part in enumerate(("attentionNorm", "feedForwardNorm")):
            weights[f"{part}.gain"] = 1 + normal(width, seed=140 + seed, scale=0.3)
            weights[f"{part}.bias"] = normal(width, seed=142 + seed, scale=0.3)
        operation(name, layer, x=normal(sum(LENGTHS), width, seed=144), lengths=torch.tensor(LENGTHS), **weights)


def sequence_rows():
    rows, lengths = sum(LENGTHS), torch.tensor(LENGTHS)
    x = lambda columns=3, seed=150: normal(rows, columns, seed=seed)
    parts = lambda x: [x[span] for span in spans(LENGTHS)]
    operation("last_rows", lambda x, lengths: torch.stack([p[-1] if len(p) else p.new_zeros(3) for p in parts(x)]),
              x=x(), lengths=lengths)
    operation("mean_rows", lambda x, lengths: torch.stack([p.mean(0) if len(p) else p.new_zeros(3) for p in parts(x)]),
              x=x(), lengths=lengths)
    operation("softmax_within", lambda x, lengths: torch.cat([torch.softmax(p, 0) for p in parts(x)]), x=x(),
              lengths=lengths)
    operation("take_rows", lambda x, ids: x[ids], x=x(), ids=torch.tensor([4, 0, 4, 10, 7]))
    operation("columns", lambda x: x[:, 1:4], x=x(columns=6))
    operation("sequence_product", lambda a, b, lengths: torch.cat(
        [p @ b[3 * s:3 * s + 3] for s, p in enumerate(parts(a))]), a=x(), b=normal(3 * len(LENGTHS), 2, seed=151),
        lengths=lengths)
    operation("transposed_sequence_product", lambda a, b, lengths: torch.cat(
        [p.T @ q for p, q in zip(parts(a), parts(b))]), a=x(), b=x(columns=2, seed=152), lengths=lengths)
    operation("inner_products", lambda a, b, lengths: torch.cat(
        [F.pad(p @ q.T, (0, max(LENGTHS) - len(q))) for p, q in zip(parts(a), parts(b))]), a=x(), b=x(seed=153),
        lengths=lengths)
    counts = torch.tensor([4, 1, 7, 3])
    seen = torch.arange(7) < counts[:, None]
    operation("softmax_lengths", lambda x, lengths: torch.softmax(x.masked_fill(~seen, -torch.inf), 1),
              x=normal(4, 7, seed=154, scale=2), lengths=counts)
    mask = torch.tensor([[1.0, 0, 1, 1], [0, 1, 0, 0], [1, 1, 1, 1]])
    operation("softmax_mask", lambda x, mask: torch.softmax(x.masked_fill(mask == 0, -torch.inf), 1),
              constants=("mask",), x=normal(3, 4, seed=155, scale=2), mask=mask)
    # Row 2 is the padding: PyTorch reads it, so that it has to hold zeros; ours never does.
    table = normal(7, 5, seed=156)
    table[2] = 0
    operation("embedding_padding", lambda table, ids: F.embedding(ids, table, padding_idx=2), table=table,
              ids=torch.tensor([2, 3, 0, 2, 2, 6, 3, 2]))


def table_losses():
    states, table = lambda: normal(8, 5, seed=160), lambda: normal(11, 5, seed=161)
    targets = torch.tensor([0, 10, 3, 3, 7, 2, 10, 5])
    some = torch.tensor([0, -1, 3, 3, -1, 2, 10, 5])
    operation("table_softmax", lambda states, table, targets: F.cross_entropy(
        states @ table.T, targets, ignore_index=-1, reduction="sum") / len(states),
        states=states(), table=table(), targets=some)

    def sampled(states, table, targets, negatives, targetLogQ, negativeLogQ):
        right = (states * table[targets]).sum(1) - targetLogQ
        wrong = (states @ table[negatives].T if negatives.dim() == 1
                 else (states[:, None] * table[negatives]).sum(2)) - negativeLogQ
        hits = negatives == targets[:, None]
        logits = torch.cat([right[:, None], wrong.masked_fill(hits, -torch.inf)], 1)
        return F.cross_entropy(logits, torch.zeros(len(states), dtype=torch.long))

    # Negatives repeat, and some are targets.
    draw = lambda *shape: torch.randint(0, 11, shape, generator=torch.Generator().manual_seed(162))
    for name, negatives in (("table_sampled_softmax", draw(6)), ("table_sampled_softmax_per_row", draw(8, 3))):
        operation(name, sampled, {"negatives": negatives.shape[-1]}, ("targetLogQ", "negativeLogQ"), states=states(),
                  table=table(), targets=targets, negatives=negatives, targetLogQ=-normal(8, seed=163).abs(),
                  negativeLogQ=-normal(*negatives.shape, seed=164).abs())


STEPS = 5


def optimizers():
    def record(name, make, settings):
        initial = normal(4, 3, seed=50)
        gradients = torch.stack([normal(4, 3, seed=60 + step, scale=10.0 ** (1 - step)) for step in range(STEPS)])
        parameter = nn.Parameter(initial.clone())
        optimizer = make([parameter])
        after = []
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimizer.step()
            after.append(parameter.detach().clone())
        write(name, settings, inputs={"initial": initial, "gradients": gradients},
              outputs={"parameters": torch.stack(after)})

    optim = torch.optim
    record("sgd", lambda p: optim.SGD(p, lr=0.05), {"rate": 0.05})
    record("sgd_momentum", lambda p: optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.02),
           {"rate": 0.05, "momentum": 0.9, "weight_decay": 0.02})
    adam = {"rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    record("adam", lambda p: optim.Adam(p, lr=0.01), adam)
    record("adam_weight_decay", lambda p: optim.Adam(p, lr=0.01, weight_decay=0.1), adam | {"weight_decay": 0.1})
    record("adamw", lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1), adam | {"weight_decay": 0.1})
    adagrad = {"rate": 0.05, "epsilon": 1e-10}
    record("adagrad", lambda p: optim.Adagrad(p, lr=0.05), adagrad)
    record("adagrad_weight_decay", lambda p: optim.Adagrad(p, lr=0.05, weight_decay=0.1, initial_accumulator_value=0.1),
           adagrad | {"weight_decay": 0.1, "initial_accumulator": 0.1})

    # A table of which each step touches some rows, some of them several times. Row 6 is never
    # touched, row 5 in the first step only. `sparse_adam` leaves untouched rows alone;
    # `adam_rows` is dense Adam over the same gradients, under which row 5 moves on.
    rows = torch.tensor([[0, 5, 0, 2], [1, 1, 1, 3], [4, 0, 2, 0], [3, 3, 4, 2], [0, 1, 2, 3]])
    gradients = normal(STEPS, 4, 3, seed=70)
    initial = normal(7, 3, seed=71)

    def record_rows(name, make, settings, sparse):
        parameter = nn.Parameter(initial.clone())
        optimizer = make([parameter])
        after = []
        for step in range(STEPS):
            gradient = torch.sparse_coo_tensor(rows[step][None], gradients[step], initial.shape)
            parameter.grad = gradient if sparse else gradient.to_dense()
            optimizer.step()
            after.append(parameter.detach().clone())
        write(name, settings, inputs={"initial": initial, "rows": rows, "gradients": gradients},
              outputs={"parameters": torch.stack(after)})

    record_rows("sparse_adam", lambda p: optim.SparseAdam(p, lr=0.01), adam, True)
    record_rows("adam_rows", lambda p: optim.Adam(p, lr=0.01), adam, False)
    record_rows("sparse_sgd", lambda p: optim.SGD(p, lr=0.05), {"rate": 0.05}, True)
    record_rows("sparse_adagrad", lambda p: optim.Adagrad(p, lr=0.05), adagrad, True)


def clipping():
    for name, limit in (("clip_global_norm", 1.5), ("clip_global_norm_inactive", 100.0)):
        gradients = {"a": normal(3, 4, seed=80), "b": normal(5, seed=81)}
        parameters = [nn.Parameter(torch.zeros_like(g)) for g in gradients.values()]
        for parameter, gradient in zip(parameters, gradients.values()):
            parameter.grad = gradient.clone()
        norm = nn.utils.clip_grad_norm_(parameters, limit)
        write(name, {"limit": limit}, inputs=gradients,
              outputs={"norm": norm} | {key: p.grad for key, p in zip(gradients, parameters)})


def schedules():
    schedule = torch.optim.lr_scheduler

    def record(name, make, settings, steps=12):
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=settings["rate"])
        scheduler = make(optimizer)
        rates = []
        for _ in range(steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        write(name, settings, outputs={"rates": np.array(rates)})

    record("schedule_constant", lambda o: schedule.ConstantLR(o, factor=1), {"rate": 0.1})
    record("schedule_step", lambda o: schedule.StepLR(o, step_size=3, gamma=0.5),
           {"rate": 0.1, "every": 3, "factor": 0.5})
    record("schedule_cosine", lambda o: schedule.CosineAnnealingLR(o, T_max=11, eta_min=0.01),
           {"rate": 0.1, "steps": 11, "minimum": 0.01})
    # Step k of the first four has rate × (k + 1) / 4.
    record("schedule_warmup", lambda o: schedule.LinearLR(o, start_factor=0.25, end_factor=1, total_iters=3),
           {"rate": 0.1, "steps": 4})


if __name__ == "__main__":
    torch.set_num_threads(1)
    pointwise()
    products()
    normalization()
    losses()
    recurrent()
    attention()
    sequence_rows()
    table_losses()
    optimizers()
    clipping()
    schedules()
    files = sorted(HERE.glob("*.json"))
    print(f"{len(files)} fixtures, {sum(f.stat().st_size for f in files) / 1000:.0f} kB, in {HERE.name}")
