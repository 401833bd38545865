#!/usr/bin/env python3
"""Makes mixture.json: the log density of mixtures of diagonal normal distributions and its gradients, with mpmath at 60 digits.

Usage: mixture.py > mixture.json   (Python 3 with mpmath)

All inputs are float32 numbers, so that one truth serves both types.
"""
import json
import random
import struct

from mpmath import mp, mpf

mp.dps = 60


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def row_of(z, log_weights, mean, log_scale):
    parts = []
    for w, m, s in zip(log_weights, mean, log_scale):
        parts.append(mpf(w) - sum(((mpf(x) - a) * mp.exp(-mpf(b))) ** 2 / 2 + b + mp.log(2 * mp.pi) / 2 for x, a, b in zip(z, m, s)))
    top = max(parts)
    value = top + mp.log(sum(mp.exp(p - top) for p in parts))
    shares = [mp.exp(p - value) for p in parts]
    pull = [[r * (mpf(x) - a) * mp.exp(-2 * mpf(b)) for x, a, b in zip(z, m, s)] for r, m, s in zip(shares, mean, log_scale)]
    spread = [[r * (((mpf(x) - a) * mp.exp(-mpf(b))) ** 2 - 1) for x, a, b in zip(z, m, s)] for r, m, s in zip(shares, mean, log_scale)]
    return {"z": z, "log_weights": log_weights, "mean": mean, "log_scale": log_scale, "value": float(value),
            "by_z": [float(-sum(p[i] for p in pull)) for i in range(len(z))], "by_log_weights": [float(r) for r in shares],
            "by_mean": [[float(v) for v in p] for p in pull], "by_log_scale": [[float(v) for v in p] for p in spread]}


def random_row(rng, low):
    def some(low, high):
        return [single(rng.uniform(low, high)) for _ in range(2)]
    mean, log_scale = [some(-2, 2) for _ in range(3)], [some(low, min(low + 6, 3)) for _ in range(3)]
    centre = rng.choice(mean)
    z = [single(m + rng.uniform(-3, 3) * float(mp.exp(low + 3))) for m in centre]
    return row_of(z, [single(rng.uniform(-3, 0)) for _ in range(3)], mean, log_scale)


if __name__ == "__main__":
    rng = random.Random(3)
    rows = [random_row(rng, low) for low in (-30, -24, -20, -16, -13, -10, -7, -3, 0) for _ in range(2)]
    rows.append(row_of([1e3, -1e3], [0.0], [[single(1000.1), -1e3]], [[-20.0, -20.0]]))
    rows.append(row_of([1.0, 1.0], [-1.0, -1.0], [[1.0, 1.0], [-1.0, 0.5]], [[-20.0, -13.0], [-20.0, 1.0]]))
    print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")
