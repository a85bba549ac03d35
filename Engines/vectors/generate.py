#!/usr/bin/env python3
"""Golden vectors for feature engines: events in, statistics that every engine must reproduce exactly.

An implementation of its own, from the words of Engines/README.md: every statistic is computed at once
from the set of events, with exact fractions, never event by event. Run it to write the files anew:
    python3 Engines/vectors/generate.py
"""
import json
import pathlib
import random
from decimal import Decimal, getcontext

getcontext().prec = 60
HERE = pathlib.Path(__file__).parent
HOUR, DAY = 3_600_000, 86_400_000

HIGH = [int((Decimal(2) ** (Decimal(i) / 256) * 2**30).to_integral_value()) for i in range(256)]
LOW = [int((Decimal(2) ** (Decimal(i) / 65536) * 2**30).to_integral_value()) for i in range(256)]


def weigh(event, units, half_life):
    epoch, rest = divmod(event["time"], half_life)
    fraction = rest * 65536 // half_life
    weight = (HIGH[fraction // 256] * LOW[fraction % 256] + 2**43) // 2**44
    return epoch, (units * weight + 2**15) // 2**16


def units(value):
    return round(value * 65536)  # Half to even, as the specification has it.


FEATURES = {
    "item-clicks": (["item"], {}, "count", dict(of=["click"])),
    "item-heat": (["item"], {}, "decayed-count", dict(of=["click", "view"], half_life=6 * HOUR)),
    "user-spend": (["user"], {}, "decayed-sum", dict(of=["purchase"], half_life=DAY)),
    "item-sales": (["item"], {}, "windowed-count", dict(of=["purchase"], bucket=HOUR, buckets=24)),
    "item-ctr": (["item"], {}, "ratio", dict(of=["click"], over=["impression"], bucket=HOUR, buckets=24)),
    "user-recent": (["user"], {}, "last", dict(of=["click", "view"], keep=5)),
    "user-idle": (["user"], {}, "time-since", dict(of=["click"])),
    "user-gaze": (["user"], {}, "gaze-grid", dict(columns=4, rows=3, half_life=HOUR)),
    "taste": (["user", "context.category"], {}, "decayed-count", dict(of=["click"], half_life=7 * DAY)),
    "video-clicks": (["user"], {"domain": "video"}, "count", dict(of=["click"])),
    "session-depth": (["session"], {}, "count", dict(of=["impression", "click", "view"])),
}

YAML = """\
entities:
  user: user
  item: item
  session: session
  taste: [user, context.category]
features:
  item-clicks: { entity: item, count: click }
  item-heat: { entity: item, decayed-count: { of: [click, view], half-life: 6h } }
  user-spend: { entity: user, decayed-sum: { of: purchase, half-life: 1d } }
  item-sales: { entity: item, windowed-count: { of: purchase, bucket: 1h, buckets: 24 } }
  item-ctr: { entity: item, ratio: { of: click, over: impression, bucket: 1h, buckets: 24, prior: 0.1, strength: 10 } }
  user-recent: { entity: user, last: { of: [click, view], keep: 5 } }
  user-idle: { entity: user, time-since: click }
  user-gaze: { entity: user, gaze-grid: { columns: 4, rows: 3, half-life: 1h } }
  taste: { entity: taste, decayed-count: { of: click, half-life: 7d } }
  video-clicks: { entity: user, count: click, where: { domain: video } }
  session-depth: { entity: session, count: [impression, click, view] }
"""


def field(event, name):
    if name.startswith("context."):
        return event.get("context", {}).get(name[8:])
    return event.get(name)


def newest(keyed, span):
    """Of sums by (time index, …), those within `span` of the newest index, in order."""
    last = max(key[0] for key in keyed)
    return [[*key, *value] for key, value in sorted(keyed.items()) if key[0] > last - span]


def statistic(kind, p, events):
    if kind == "count":
        return {"count": len(events)}
    if kind == "time-since":
        return {"instant": max(event["time"] for event in events)}
    if kind in ("decayed-count", "decayed-sum"):
        sums = {}
        for event in events:
            amount = units(event.get("value", 0)) if kind == "decayed-sum" else 65536
            epoch, sum_ = weigh(event, amount, p["half_life"])
            sums[(epoch,)] = [sums.get((epoch,), [0])[0] + sum_]
        return {"decayed": newest(sums, 32)}
    if kind in ("windowed-count", "ratio"):
        counts = {}
        for event in events:
            hit = event["type"] in p["of"]
            trial = kind == "ratio" and event["type"] in p["over"]
            h, t = counts.get((event["time"] // p["bucket"],), (0, 0))
            counts[(event["time"] // p["bucket"],)] = (h + hit, t + trial)
        return {"window": newest(counts, p["buckets"])}
    if kind == "last":
        latest = {}
        for event in events:
            latest[event["item"]] = max(latest.get(event["item"], -(2**63)), event["time"])
        order = sorted(latest.items(), key=lambda pair: (-pair[1], pair[0].encode()))
        return {"latest": [[time, item] for item, time in order[: p["keep"]]]}
    if kind == "gaze-grid":
        sums = {}
        for event in events:
            x, y = float(event["context"]["x"]), float(event["context"]["y"])
            column = min(p["columns"] - 1, int(x * p["columns"]))
            row = min(p["rows"] - 1, int(y * p["rows"]))
            epoch, sum_ = weigh(event, units(event.get("value", 1)), p["half_life"])
            key = (epoch, row * p["columns"] + column)
            sums[key] = [sums.get(key, [0])[0] + sum_]
        return {"grid": newest(sums, 32)}
    raise ValueError(kind)


def types(kind, p):
    return ["gaze"] if kind == "gaze-grid" else p["of"] + p.get("over", [])


def expected(events, features):
    unique = list({event["id"]: event for event in reversed(events)}.values())  # The first of an id counts.
    rows = []
    for name, (entity, where, kind, p) in features.items():
        groups = {}
        for event in unique:
            key = tuple(field(event, part) for part in entity)
            if event["type"] in types(kind, p) and None not in key and all(field(event, k) == v for k, v in where.items()):
                groups.setdefault(key, []).append(event)
        for key, group in sorted(groups.items()):
            rows.append({"feature": name, "entity": list(key), "statistic": statistic(kind, p, group)})
    return rows


def value(kind, p, stat, at):
    """What a feature says at a time, as a float; lists and grids apart."""
    exp2 = lambda epoch, h: float(Decimal(2) ** (Decimal(epoch) - Decimal(at) / h))
    if kind in ("decayed-count", "decayed-sum"):
        return sum(s / 65536 * exp2(e, p["half_life"]) for e, s in stat["decayed"])
    if kind in ("windowed-count", "ratio"):
        within = [row for row in stat["window"] if at // p["bucket"] - p["buckets"] < row[0] <= at // p["bucket"]]
        hits, trials = sum(row[1] for row in within), sum(row[2] for row in within)
        return hits if kind == "windowed-count" else (hits + 0.1 * 10) / (trials + 10)
    if kind == "time-since":
        return max(0, at - stat["instant"]) / 1000
    if kind == "count":
        return stat["count"]
    return None


def write(name, about, events, at, features=FEATURES, yaml=YAML):
    rows = expected(events, features)
    for row in rows:
        _, _, kind, p = features[row["feature"]]
        said = value(kind, p, row["statistic"], at)
        if said is not None:
            row["value"] = said
    lines = ",\n".join("    " + json.dumps(event, ensure_ascii=False) for event in events)
    wanted = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in rows)
    text = (
        f'{{\n  "about": {json.dumps(about)},\n  "definition": {json.dumps(yaml)},\n  "at": {at},\n'
        f'  "events": [\n{lines}\n  ],\n  "expected": [\n{wanted}\n  ]\n}}\n'
    )
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")


def stream(seed, count, span, users, items):
    """Events that arrive out of order, some twice, some very late."""
    rng = random.Random(seed)
    start = 1_780_000_000_000
    events = []
    for number in range(count):
        kind = rng.choices(["impression", "click", "view", "purchase", "gaze", "rating", "hide"], [8, 5, 3, 2, 2, 1, 1])[0]
        event = {"id": f"{seed}-{number}", "item": rng.choice(items), "type": kind}
        late = rng.random() < 0.05
        event["time"] = start + (0 if late else int(span * number / count)) + rng.randrange(-HOUR // 2, HOUR // 2)
        if rng.random() < 0.9:
            event["user"] = rng.choice(users)
        if "user" not in event or rng.random() < 0.5:
            event["session"] = f"s{rng.randrange(6)}"
        if rng.random() < 0.6:
            event["domain"] = rng.choice(["video", "news", "ads"])
        if rng.random() < 0.7:
            event["context"] = {"category": rng.choice(["drama", "comédie", "スポーツ"])}
        if kind == "gaze":
            event.setdefault("context", {}).update(x=f"{rng.random():.3f}", y=rng.choice(["0", "1", f"{rng.random():.4f}"]))
        if kind in ("purchase", "rating", "view", "gaze") and (kind == "rating" or rng.random() < 0.8):
            event["value"] = rng.choice([0.5, 1, 2.25, 19.99, 1 / 3, 1e-5, 999999999.5, 3.00000762939453125])
        if kind == "purchase" and rng.random() < 0.2:
            event["value"] = -event.get("value", 1)
        events.append(event)
        if rng.random() < 0.05:
            events.append(dict(rng.choice(events)))
    return events


# The same characters in one code point and in two: texts are equal when their bytes are.
NFC, NFD = "caf\u00e9", "cafe\u0301"

TEXT_FEATURES = {
    "clicks": (["item"], {}, "count", dict(of=["click"])),
    "recent": (["user"], {}, "last", dict(of=["click"], keep=4)),
    "in-category": (["user"], {"context.category": NFC}, "count", dict(of=["click"])),
    "by-category": (["context.category"], {}, "time-since", dict(of=["click"])),
    "by-key": ([f"context.{NFC}"], {}, "count", dict(of=["click"])),
}

TEXT_YAML = f"""\
entities: {{ user: user, item: item, category: context.category, key: context.{NFC} }}
features:
  clicks: {{ entity: item, count: click }}
  recent: {{ entity: user, last: {{ of: click, keep: 4 }} }}
  in-category: {{ entity: user, count: click, where: {{ context.category: {NFC} }} }}
  by-category: {{ entity: category, time-since: click }}
  by-key: {{ entity: key, count: click }}
"""

EDGE_FEATURES = {
    "either": (["item"], {}, "ratio", dict(of=["click", "view"], over=["view", "impression"], bucket=1000, buckets=2)),
    "newest": (["user"], {}, "last", dict(of=["click", "view"], keep=1)),
    "spend": (["user"], {}, "decayed-sum", dict(of=["purchase"], half_life=1000)),
    "by-type": (["type"], {}, "count", dict(of=["click", "view", "purchase"])),
    "by-decision": (["decision"], {}, "count", dict(of=["click"])),
    "on-phones": (["item"], {"context.device": "phone"}, "count", dict(of=["click", "view"])),
    "gaze": (["user"], {}, "gaze-grid", dict(columns=4, rows=3, half_life=1000)),
}

EDGE_YAML = """\
entities: { user: user, item: item, type: type, decision: decision }
features:
  either: { entity: item, ratio: { of: [click, view], over: [view, impression], bucket: 1s, buckets: 2, prior: 0.1, strength: 10 } }
  newest: { entity: user, last: { of: [click, view], keep: 1 } }
  spend: { entity: user, decayed-sum: { of: purchase, half-life: 1s } }
  by-type: { entity: type, count: [click, view, purchase] }
  by-decision: { entity: decision, count: click }
  on-phones: { entity: item, count: [click, view], where: { context.device: phone } }
  gaze: { entity: user, gaze-grid: { columns: 4, rows: 3, half-life: 1s } }
"""


def texts():
    """Names in both normalizations, as user, item, category and key; ids too."""
    rng = random.Random(4)
    events = []
    for number in range(60):
        name = rng.choice([NFC, NFD])
        event = {"id": f"{rng.choice([NFC, NFD])}-{number // 2}", "item": rng.choice([NFC, NFD, "a", "z"]), "type": "click"}
        event["time"] = 1_780_000_000_000 + rng.randrange(20)
        event["user"] = name
        event["context"] = {"category": rng.choice([NFC, NFD]), rng.choice([NFC, NFD]): rng.choice([NFC, NFD])}
        events.append(event)
    return events


def edges():
    """Events that are hits and trials at once, the greatest values, the rims of the page, one id said twice."""
    rng = random.Random(5)
    events = []
    for number in range(80):
        kind = rng.choice(["impression", "click", "view", "purchase", "gaze"])
        event = {"id": f"e{number}", "item": rng.choice(["film", "song"]), "type": kind, "user": rng.choice(["ann", "ben"])}
        # The edges of epochs and buckets, and one before.
        event["time"] = 1_780_000_000_000 + 1000 * rng.randrange(4) - rng.randrange(2)
        if kind == "purchase":
            event["value"] = rng.choice([1e9, -1e9, 999999999.9999, 2**-17, -(2**-17), 3 * 2**-17])
        if rng.random() < 0.5:
            event["context"] = {"device": rng.choice(["phone", "Phone", "tv"])}
        if kind == "gaze":
            x, y = rng.choice(["0", "1", "1.0", "1e0", "2.5E-1", "0.75"]), rng.choice(["0", "-0", "1", "0.3333333333333333", "5e-1"])
            event["context"] = {"x": x, "y": y}
        if rng.random() < 0.3:
            event["decision"] = rng.choice(["d1", "d2"])
        events.append(event)
        if rng.random() < 0.1:
            events.append(dict(event, item="other", time=event["time"] + 500))
    return events


def main():
    users, items = ["ann", "ben", "çelik", "dörte"], ["film", "song", "ad-1", "ad-2", "ニュース", "z", "a"]
    write("a-day", "a day of a small site: out of order, late, some sent twice", stream(1, 300, DAY, users, items), 1_780_000_000_000 + DAY)
    write(
        "a-year", "a year: windows and epochs that run out, late events older than everything kept",
        stream(2, 300, 365 * DAY, users[:2], items[:3]), 1_780_000_000_000 + 365 * DAY)
    ties = stream(3, 120, HOUR, users[:1], items)
    for event in ties:
        event["time"] = 1_780_000_000_000 + (event["time"] // 600_000 % 2) * 6 * HOUR
    write(
        "texts", "names in two normalizations of Unicode: texts are equal when their bytes are", texts(),
        1_780_000_000_000 + HOUR, TEXT_FEATURES, TEXT_YAML)
    write(
        "edges", "hits that are trials, the greatest values, the rims of the page, one id with two contents", edges(),
        1_780_000_003_000, EDGE_FEATURES, EDGE_YAML)
    write("ties", "many events of one moment, on the edges of epochs and buckets", ties, 1_780_000_000_000 + 6 * HOUR)


main()
