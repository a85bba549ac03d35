#!/usr/bin/env python3
"""Writes example.json, the plan of example.yaml: an implementation of its own, from the words of ../README.md.

Run it to write the file anew:
    python3 Engines/plans/generate.py
"""
import json
import pathlib

HERE = pathlib.Path(__file__).parent
HOUR, DAY = 3_600_000, 86_400_000
MASK = 2**64 - 1

STATISTICS = {
    "count": "count", "decayed-count": "decayed", "decayed-sum": "decayed", "windowed-count": "window",
    "ratio": "window", "last": "latest", "time-since": "instant", "gaze-grid": "grid", "mean": "means",
}

# Name, fields of the entity, kind, settings in the order in which labels spell them, conditions.
FEATURES = [
    ("item-clicks", ["item"], "count", dict(of=["click"]), {}),
    ("item-heat", ["item"], "decayed-count", dict(of=["click", "view"], halfLife=6 * HOUR), {}),
    ("user-spend", ["user"], "decayed-sum", dict(of=["purchase"], halfLife=30 * DAY), {}),
    ("item-sales", ["item"], "windowed-count", dict(of=["purchase"], bucket=HOUR, buckets=24), {}),
    ("item-ctr", ["item"], "ratio", dict(of=["click"], over=["impression"], bucket=HOUR, buckets=24), {}),
    ("user-recent", ["user"], "last", dict(of=["click", "view"], keep=5), {}),
    ("user-idle", ["user"], "time-since", dict(of=["click"]), {}),
    ("user-gaze", ["user"], "gaze-grid", dict(columns=8, rows=6, halfLife=HOUR), {}),
    ("item-speed", ["item"], "mean", dict(of=["scroll"], number="context.speed", halfLife=30 * DAY), {}),
    ("user-searched", ["user", "word"], "decayed-count", dict(of=["search"], halfLife=7 * DAY), {}),
    ("item-devices", ["item", "device"], "count", dict(of=["click"]), {}),
    ("taste", ["user", "context.category"], "decayed-count", dict(of=["click"], halfLife=7 * DAY), {}),
    ("video-clicks", ["user"], "count", dict(of=["click"]), {"domain": "video"}),
    ("phone-videos", ["user"], "count", dict(of=["click"]), {"domain": "video", "context.device": "phone"}),
]


def fold(a, b):
    product = (a ^ int.from_bytes(b.to_bytes(8, "little"), "big")) * b
    return product >> 64 ^ product & MASK


def id_hash(data):
    value = 0x9E3779B97F4A7C15 ^ len(data)
    for offset in range(0, len(data), 8):
        value = fold(value ^ int.from_bytes(data[offset : offset + 8], "little"), 0xA0761D6478BD642F)
    return fold(value ^ 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3)


def main():
    entities, texts = {}, []
    for name, fields, kind, settings, where in FEATURES:
        spelled = [",".join(sorted(value)) if isinstance(value, list) else str(value) for value in settings.values()]
        conditions = sorted((f"|{field}={value}" for field, value in where.items()), key=str.encode)
        signature = "|".join([",".join(fields) + "".join(conditions), kind, *spelled])
        label = f"{name}#{id_hash(signature.encode()) & 0xFFFFFFFF:08x}"
        events = ["gaze"] if kind == "gaze-grid" else sorted(settings["of"] + settings.get("over", []))
        feature = dict(label=label, kind=kind, statistic=STATISTICS[kind], events=events, **settings)
        if where:
            feature["where"] = where
        entities.setdefault(",".join(fields), (fields, []))[1].append(feature)
        texts.append(f"{label} {signature}")
    texts.sort(key=str.encode)
    plan = dict(
        version=1,
        plan=f"{id_hash(chr(10).join(texts).encode()):016x}",
        entities=[
            dict(type=type_, fields=fields, features=sorted(features, key=lambda feature: feature["label"].encode()))
            for type_, (fields, features) in sorted(entities.items())
        ],
    )
    text = json.dumps(plan, indent=2, sort_keys=True, separators=(",", " : "))
    (HERE / "example.json").write_text(text + "\n", encoding="utf-8")


main()
