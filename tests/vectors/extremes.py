#!/usr/bin/env python3
"""Makes extremes.json: log p, its gradients, interval masses and moments of every likelihood at parameters from ordinary to
extreme ones, in closed forms or by quadrature with mpmath at 60 digits and more.

Usage: extremes.py > extremes.json   (Python 3 with mpmath; minutes)

x and the raw parameters are float32 numbers, so that one truth serves both types. Gradients are central differences with steps of
1e-38 at 110 digits.
"""
import json
import random
import struct

from mpmath import mp, mpf

mp.dps = 110
INF = mpf("inf")
HALF_LOG_2PI = mp.log(2 * mp.pi) / 2
ROWS = 14  # of each likelihood, besides the chosen ones
LOCS = [-1e6, -1e4, -300, -30, -10, -3, -1, -0.3, 0, 1e-4, 0.2, 0.5, 0.75, 1, 1.5, 4, 31, 1e4, 1e6]
LOG_SCALES = [-30, -19, -13, -8, -5.5, -3, -1, 0, 1, 3, 4.6, 10, 22, 30]
TILES = [(0.0, 1 / 256), (17 / 256, 18 / 256), (255 / 256, 1.0), (0.25, 0.5)]


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def softplus(t):
    return t + mp.log1p(mp.exp(-t)) if t > 0 else mp.log1p(mp.exp(t))


def log_sigmoid(t):
    return -softplus(-t)


def sigmoid(t):
    return mp.exp(log_sigmoid(mpf(t)))


def lower_bound(t, low):
    return low + softplus(mpf(t) - low)


def bound(t, low, high):
    return mpf(t) + softplus(low - mpf(t)) - softplus(mpf(t) - high)


def log_sum(values):
    top = max(values)
    return top + mp.log(sum(mp.exp(v - top) for v in values))


def log_normal_mass(a, b):
    """log(Phi(b) - Phi(a)), from the nearer tail."""
    def below(t):
        return mpf(0) if t == -INF else mp.erfc(-t / mp.sqrt(2)) / 2
    if a > 0:
        a, b = -b, -a
    return mp.log(below(b) - below(a)) if b <= 0 else mp.log(1 - below(-b) - below(a))


class Likelihood:
    settings, levels, shape, tiles, chosen, moments = {}, 0, [1], [], [], None


class Gaussian(Likelihood):
    plugin, settings, xs = "gaussian", {"scale": "per_pixel", "min_log_scale": -20.0}, (0, 0.25, 0.9, -3, 1e3, -1e6)
    tiles = [(0.0, 1 / 256), (17 / 256, 18 / 256), (255 / 256, "inf"), ("-inf", 1 / 256), (0.0, 1.0), (100.0, 101.0)]
    chosen = [([0], [-1, 0]), ([0.25], [0.2, 10]), ([1], [1, -3])]

    def points(self, rng):
        return [([x], [loc, s]) for x in self.xs for loc in LOCS for s in LOG_SCALES]

    def scaled(self, raw):
        return mpf(raw[0]), bound(raw[1], -20, 40)

    def standard(self, edge, raw):
        loc, s = self.scaled(raw)
        return edge if abs(edge) == INF else (edge - loc) * mp.exp(-s)

    def log_prob(self, x, raw):
        return -self.standard(x[0], raw) ** 2 / 2 - self.scaled(raw)[1] - HALF_LOG_2PI

    def mass(self, low, high, raw):
        return log_normal_mass(self.standard(low, raw), self.standard(high, raw))

    def moments(self, raw):
        return mpf(raw[0]), mp.exp(2 * self.scaled(raw)[1])


class Laplace(Gaussian):
    plugin = "laplace"

    def log_prob(self, x, raw):
        return -abs(self.standard(x[0], raw)) - self.scaled(raw)[1] - mp.log(2)

    def mass(self, low, high, raw):
        a, b = self.standard(low, raw), self.standard(high, raw)
        if a + b > 0:
            a, b = -b, -a
        if b <= 0:
            return mp.log((mp.exp(b) - mp.exp(a)) / 2)
        return mp.log(1 - mp.exp(a) / 2 - mp.exp(-b) / 2)

    def moments(self, raw):
        return mpf(raw[0]), 2 * mp.exp(2 * self.scaled(raw)[1])


class TruncatedNormal(Gaussian):
    plugin, xs, tiles = "truncated_normal", (0, 1e-3, 0.25, 0.9, 1), TILES[:3] + [(0.0, 0.5)]
    chosen = [([0.25], [loc, s]) for loc, s in ((-1e6, 0), (-1e4, 0), (-10, -5.5), (-30, -5.5), (31, -5.5), (0.5, 30), (0.5, -3))]

    def log_prob(self, x, raw):
        return super().log_prob(x, raw) - log_normal_mass(self.standard(0, raw), self.standard(1, raw))

    def mass(self, low, high, raw):
        return super().mass(low, high, raw) - super().mass(0, 1, raw)

    def moments(self, raw):
        a, b = self.standard(0, raw), self.standard(1, raw)
        loc, scale = mpf(raw[0]), mp.exp(self.scaled(raw)[1])
        at_a, at_b = (mp.exp(-t * t / 2 - HALF_LOG_2PI - log_normal_mass(a, b)) for t in (a, b))
        return loc + scale * (at_a - at_b), scale ** 2 * (1 + a * at_a - b * at_b - (at_a - at_b) ** 2)


class LogitNormal(Gaussian):
    plugin, xs, tiles = "logit_normal", (1e-30, 1e-6, 0.25, 0.9, 1 - 2 ** -24), TILES
    chosen = [([0.5], [0.2, 4.6]), ([0.5], [-3, 1.25]), ([0.25], [0.5, 1.5]), ([0.25], [1e-4, -19]),
              ([0.25], [-100, 2]), ([0.5], [100, 2]), ([0.5], [-60, 1.5])]

    def logit(self, x):
        return -INF if x == 0 else INF if x == 1 else mp.log(x) - mp.log1p(-x)

    def log_prob(self, x, raw):
        return super().log_prob([self.logit(x[0])], raw) - mp.log(x[0]) - mp.log1p(-x[0])

    def mass(self, low, high, raw):
        return super().mass(self.logit(low), self.logit(high), raw)

    def moments(self, raw):
        """Of wide distributions from what the sigmoid is beside a step, by quadrature; of others, by the trapezoidal rule, from what it is beside
        its value at the location."""
        with mp.workdps(34):
            loc, s = self.scaled(raw)
            left, scale = -abs(loc), mp.exp(s)
            if scale > 3:
                def density(y):
                    return mp.exp(-((y - left) / scale) ** 2 / 2) / scale / mp.sqrt(2 * mp.pi)
                peaks = [-left - order * scale * scale + k * scale for order in (1, 2) for k in range(-30, 31, 3)]
                ends = sorted({mpf(end) for end in (0, 2, 5, 10, 20, 40, 80, 160)} | {peak for peak in peaks if peak > 0})
                step = mp.erfc(-left / scale / mp.sqrt(2)) / 2
                mean = step + mp.quad(lambda y: sigmoid(-y) * (density(-y) - density(y)), ends)
                square = step + mp.quad(lambda y: sigmoid(-y) ** 2 * density(-y) - sigmoid(-y) * (1 + sigmoid(y)) * density(y), ends)
            else:
                nodes = [(mpf(k) / 32, mp.exp(-(mpf(k) / 32) ** 2 / 2) / mp.sqrt(2 * mp.pi) / 32) for k in range(-20 * 32, 40 * 32)]
                offs = [(sigmoid(left + scale * t) * sigmoid(-left) * -mp.expm1(-scale * t), weight) for t, weight in nodes]
                shift = sum(off * weight for off, weight in offs)
                variance = sum(off ** 2 * weight for off, weight in offs) - shift ** 2
                mean, square = sigmoid(left) + shift, None
            if square is not None:
                variance = square - mean ** 2
            return (1 - mean if loc > 0 else mean), variance


class VonMises(Likelihood):
    plugin, largest = "von_mises", 100000
    chosen = [([0.25], [0, 0]), ([0], [0, 0]), ([0.5], [1000, 0]), ([1], [1000, 0])]

    def points(self, rng):
        return [([x], [c, s]) for x in (0, 0.125, 0.3, 0.5, 0.9, 1) for c in (-1e6, -1e4, -30, -1, -1e-4, 0, 0.5, 4, 300)
                for s in (-1e4, -3, 0, 0.25, 2, 40)]

    def log_prob(self, x, raw):
        square = mpf(raw[0]) ** 2 + mpf(raw[1]) ** 2
        kept, angle = 1 / mp.sqrt(1 + square / self.largest ** 2), 2 * mp.pi * mpf(x[0])
        return kept * (raw[0] * mp.cos(angle) + raw[1] * mp.sin(angle)) - mp.log(mp.besseli(0, kept * mp.sqrt(square)))


class LogNormal(Gaussian):
    plugin, xs = "log_normal", (1e-30, 1e-6, 0.25, 0.9, 7, 1e3, 1e20)
    tiles = [(0.0, 1 / 256), (17 / 256, 18 / 256), (255 / 256, "inf"), (0.0, 1.0), (0.25, 0.5), (100.0, 101.0)]
    chosen = [([1], [0, 0]), ([0.5], [0.2, -1]), ([20], [3, -3]), ([0.25], [1e-4, -19])]

    def points(self, rng):
        return [([x], [loc, s]) for x in self.xs for loc in (-100, -30, -3, -1, 0, 1e-4, 0.5, 4, 31, 100)
                for s in (-30, -19, -13, -8, -5.5, -3, -1, 0, 1, 2.5)]

    def log(self, x):
        return INF if x == INF else -INF if x == 0 else mp.log(x)

    def log_prob(self, x, raw):
        return super().log_prob([self.log(x[0])], raw) - self.log(x[0])

    def mass(self, low, high, raw):
        return super().mass(self.log(low), self.log(high), raw)

    def moments(self, raw):
        loc, s = self.scaled(raw)
        square = mp.exp(2 * s)
        return mp.exp(loc + square / 2), mp.expm1(square) * mp.exp(2 * loc + square)


class Bernoulli(Likelihood):
    plugin = "bernoulli"

    def points(self, rng):
        return [([x], [logit]) for x in (0, 1) for logit in (-1000, -60, -17, -3, -1e-3, 0, 0.5, 16, 88, 1000)]

    def log_prob(self, x, raw):
        return log_sigmoid(mpf(raw[0]) if x[0] else -mpf(raw[0]))

    def moments(self, raw):
        return sigmoid(raw[0]), sigmoid(raw[0]) * sigmoid(-mpf(raw[0]))


class ContinuousBernoulli(Likelihood):
    plugin, settings, largest, tiles = "continuous_bernoulli", {"max_logit": 1e5}, 1e5, TILES
    chosen = [([0.3], [-0.31]), ([0.3], [0.29]), ([0.9], [-1000])]

    def points(self, rng):
        logits = (-1e5, -1000, -60, -17, -3, -1, -0.5, -0.1, -1e-3, 1e-5, 0.2, 0.5, 4, 16, 30, 88, 1e4)
        return [([x], [logit]) for x in (0, 1e-3, 0.3, 0.5, 0.9, 1) for logit in logits]

    def logit(self, raw):
        return bound(raw[0], -self.largest, self.largest)

    def log_prob(self, x, raw):
        a = self.logit(raw)
        return a * x[0] - mp.log(mp.expm1(a) / a)

    def mass(self, low, high, raw):
        a = self.logit(raw)
        return a * low + mp.log(mp.expm1(a * (high - low)) / mp.expm1(a))

    def moments(self, raw):
        a = self.logit(raw)
        return 1 / (1 - mp.exp(-a)) - 1 / a, 1 / a ** 2 - 1 / (4 * mp.sinh(a / 2) ** 2)


class DiscretizedLogistic(Likelihood):
    plugin, settings, levels = "discretized_logistic", {"min_log_scale": -20.0}, 256
    chosen = [([128], [1e6, -30]), ([0], [-1e6, -30]), ([128], [0.2, 10]), ([200], [0.5, 0]), ([100], [3e32, -30]), ([0], [3e32, -30])]

    def points(self, rng):
        locs = (-1e6, -300, -30, -3, -1, -0.3, 0, 1e-4, 0.2, 0.5, 1, 4, 1e6)
        return [([x], [loc, s]) for x in (0, 1, 128, 200, 254, 255) for loc in locs for s in LOG_SCALES]

    def level(self, k, loc, s):
        n, inverse = self.levels, mp.exp(-s)
        a, b = (((2 * k + shift - n) / mpf(n - 1) - loc) * inverse for shift in (0, 2))
        if k == 0:
            return log_sigmoid(b)
        if k == n - 1:
            return log_sigmoid(-a)
        return log_sigmoid(b) + log_sigmoid(-a) + mp.log(-mp.expm1(a - b))

    def of_law(self, loc, s):
        with mp.workdps(50):
            masses = [mp.exp(self.level(k, loc, s)) for k in range(self.levels)]
            mean = sum(k * p for k, p in enumerate(masses))
            return mean, sum((k - mean) ** 2 * p for k, p in enumerate(masses))

    def log_prob(self, x, raw):
        return self.level(int(x[0]), mpf(raw[0]), lower_bound(raw[1], -20))

    def moments(self, raw):
        return self.of_law(mpf(raw[0]), lower_bound(raw[1], -20))


class DiscretizedLogisticMixture(DiscretizedLogistic):
    plugin, settings, levels = "discretized_logistic_mixture", {"min_log_scale": -20.0, "components": 2}, 16
    chosen = [([7], [0, 0, 1e36, 0.1, -30, -2]), ([7], [0, 1, 3e32, -9e32, -30, -30])]

    def points(self, rng):
        def raw():
            return [rng.choice([-1000, -3, 0, 20]), rng.choice([0, 2]), rng.choice([-1e6, -3, -0.5, 0.3]),
                    rng.choice([-0.7, 0.1, 0.3, 40]), rng.choice(LOG_SCALES), rng.choice([-6, -2, 0])]
        return [([x], raw()) for x in (0, 1, 7, 15) for _ in range(40)]

    def components(self, raw):
        total = log_sum([mpf(w) for w in raw[:2]])
        return [(raw[i] - total, mpf(raw[2 + i]), lower_bound(raw[4 + i], -20)) for i in (0, 1)]

    def log_prob(self, x, raw):
        return log_sum([w + self.level(int(x[0]), loc, s) for w, loc, s in self.components(raw)])

    def moments(self, raw):
        parts = [(mp.exp(w), *self.of_law(loc, s)) for w, loc, s in self.components(raw)]
        mean = sum(w * m for w, m, _ in parts)
        return mean, sum(w * (v + (m - mean) ** 2) for w, m, v in parts)


class ColourMixture(DiscretizedLogisticMixture):
    shape, levels, moments, chosen = [3, 1, 1], 256, None, []

    def points(self, rng):
        def raw():
            return ([rng.choice([-3, 0, 1]), rng.choice([0, 2])] + [rng.uniform(-1, 1) for _ in range(6)] +
                    [rng.choice([-20, -12, -6, -3, -1, 2]) for _ in range(6)] + [rng.uniform(-2, 2) for _ in range(6)])
        return [([rng.randrange(256) for _ in range(3)], raw()) for _ in range(60)]

    def log_prob(self, x, raw):
        y, total = [mpf(2 * v) / 255 - 1 for v in x], log_sum([mpf(w) for w in raw[:2]])
        of_components = []
        for i in (0, 1):
            loc, s, c = (raw[first + 3 * i:first + 3 + 3 * i] for first in (2, 8, 14))
            c = [mp.tanh(v) for v in c]
            locs = [loc[0], loc[1] + c[0] * y[0], loc[2] + c[1] * y[0] + c[2] * y[1]]
            of_components.append(raw[i] - total + sum(self.level(int(x[j]), locs[j], lower_bound(s[j], -20)) for j in range(3)))
        return log_sum(of_components)


class Poisson(Likelihood):
    plugin, largest = "poisson", 80
    chosen = [([1e6], [13.815511]), ([1e7], [16.118]), ([3e9], [21.82])]

    def points(self, rng):
        rates = (-1000, -30, -8, -1, 0, 2, 6.9, 11.5, 13.8, 16, 30, 60, 79.5, 100)
        return [([x], [rate]) for x in (0, 1, 7, 1000, 1e5, 1e6, 1e7) for rate in rates]

    def rate(self, raw):
        return -lower_bound(-mpf(raw[0]), -self.largest)

    def log_prob(self, x, raw):
        return x[0] * self.rate(raw) - mp.exp(self.rate(raw)) - mp.loggamma(mpf(x[0]) + 1)

    def moments(self, raw):
        return mp.exp(self.rate(raw)), mp.exp(self.rate(raw))


class BoundedPoisson(Poisson):
    settings, largest = {"max_log_rate": 15.0}, 15


class NegativeBinomial(Likelihood):
    plugin, settings = "negative_binomial", {"dispersion": "per_pixel", "max_log_dispersion": 40.0}
    largest_mean, largest_dispersion = 60, 40
    chosen = [([1e6], [13.815511, 2]), ([1e6], [13.8, 20]), ([1e6], [2, -20]), ([1e7], [16.118, 9])]

    def points(self, rng):
        means, dispersions = (-30, -3, 0, 2, 6.9, 11.5, 13.8, 30, 58), (-45, -20, -8, -1, 0, 2, 5, 9, 14, 20, 30, 39)
        return [([x], [m, d]) for x in (0, 1, 7, 1000, 1e5, 1e6, 1e7) for m in means for d in dispersions]

    def links(self, raw):
        size = self.largest_dispersion
        return -lower_bound(-mpf(raw[0]), -self.largest_mean), bound(raw[1], -size, size)

    def counted(self, k, m, t):
        d, k = mp.exp(t), mpf(k)
        if k == 0:
            return -d * softplus(m - t)
        return mp.loggamma(d + k) - mp.loggamma(d) - mp.loggamma(k + 1) + k * (m - t) - (d + k) * softplus(m - t)

    def log_prob(self, x, raw):
        return self.counted(x[0], *self.links(raw))

    def moments(self, raw):
        m, t = self.links(raw)
        return mp.exp(m), mp.exp(m) + mp.exp(2 * m - t)


class BoundedNegativeBinomial(NegativeBinomial):
    settings = {"dispersion": "per_pixel", "max_log_mean": 14.0, "max_log_dispersion": 3.0}
    largest_mean, largest_dispersion = 14, 3


class ZeroInflated(NegativeBinomial):
    plugin = "zero_inflated_negative_binomial"
    chosen = [([0], [-14, 20, 0]), ([0], [0, 5, -1000]), ([0], [2, 0, -60]), ([0], [30, 39, 3])]

    def points(self, rng):
        return [([x], [m, d, z]) for x in (0, 3, 1e6) for m in (-30, -14, -3, 0, 2, 13.8, 30) for d in (-45, -8, 0, 5, 20, 39)
                for z in (-1000, -60, -20, -5, -1, 0, 3, 40, 1000)]

    def log_prob(self, x, raw):
        counted, p = self.counted(x[0], *self.links(raw[:2])), mpf(raw[2])
        if x[0]:
            return log_sigmoid(-p) + counted
        if counted > -1:
            return mp.log1p(sigmoid(-p) * mp.expm1(counted))
        return log_sum([log_sigmoid(p), log_sigmoid(-p) + counted])

    def moments(self, raw):
        mean, variance = super().moments(raw[:2])
        kept, extra = sigmoid(-mpf(raw[2])), sigmoid(raw[2])
        return kept * mean, kept * (variance + extra * mean ** 2)


class ZeroInflatedPoisson(Poisson):
    plugin = "zero_inflated_poisson"
    chosen = [([0], [-14, 0]), ([0], [2, -1000]), ([0], [0, -60]), ([0], [30, 3]), ([1e6], [13.815511, -2]), ([3e9], [21.82, 1])]

    def points(self, rng):
        return [([x], [m, z]) for x in (0, 1, 3, 1000, 1e6) for m in (-30, -14, -3, 0, 2, 6.9, 13.8, 30, 79.5)
                for z in (-1000, -60, -20, -5, -1, 0, 3, 40, 1000)]

    def log_prob(self, x, raw):
        counted, p = super().log_prob(x, raw[:1]), mpf(raw[1])
        if x[0]:
            return log_sigmoid(-p) + counted
        if counted > -1:
            return mp.log1p(sigmoid(-p) * mp.expm1(counted))
        return log_sum([log_sigmoid(p), log_sigmoid(-p) + counted])

    def moments(self, raw):
        rate, kept = mp.exp(self.rate(raw)), sigmoid(-mpf(raw[1]))
        return kept * rate, kept * (rate + sigmoid(raw[1]) * rate ** 2)


class LibrarySize(NegativeBinomial):
    settings, shape, moments, chosen = {"dispersion": "per_pixel", "mean": "library_softmax"}, [2], None, []

    def points(self, rng):
        return [([x, y], [m, n, d, e]) for x, y in ((3, 0), (1000, 1e5), (1e6, 1e6)) for m in (-30, -3, 0, 8) for n in (0, 0.1)
                for d in (-9, 2, 10) for e in (0, 15)]

    def log_prob(self, x, raw):
        offset = mp.log(mpf(x[0]) + x[1]) - log_sum([mpf(v) for v in raw[:2]])
        return sum(self.counted(x[i], raw[i] + offset, bound(raw[2 + i], -20, 20)) for i in (0, 1))


class Binomial(Likelihood):
    plugin, levels = "binomial", 256

    def points(self, rng):
        return [([x], [logit]) for x in (0, 1, 100, 254, 255) for logit in (-1000, -60, -17, -3, -0.43, 0, 0.5, 4, 30, 1000)]

    def log_prob(self, x, raw):
        k, logit = int(x[0]), mpf(raw[0])
        return mp.log(mp.binomial(255, k)) + k * log_sigmoid(logit) + (255 - k) * log_sigmoid(-logit)

    def moments(self, raw):
        p = sigmoid(raw[0])
        return 255 * p, 255 * p * sigmoid(-mpf(raw[0]))


class BetaBinomial(Likelihood):
    plugin, levels, settings = "beta_binomial", 256, {"max_log_concentration": 40.0}

    def points(self, rng):
        sizes = (-50, -30, -8, -1, 0, 3, 9, 20, 35)
        return [([x], [a, b]) for x in (0, 1, 100, 254, 255) for a in sizes for b in sizes]

    def links(self, raw):
        return [mp.exp(bound(r, -40, 40)) for r in raw]

    def log_prob(self, x, raw):
        (a, b), k, g = self.links(raw), int(x[0]), mp.loggamma
        return mp.log(mp.binomial(255, k)) + g(k + a) + g(255 - k + b) - g(255 + a + b) - g(a) - g(b) + g(a + b)

    def moments(self, raw):
        a, b = self.links(raw)
        return 255 * a / (a + b), 255 * a * b * (a + b + 255) / (a + b) ** 2 / (a + b + 1)


class Beta(Likelihood):
    plugin, settings = "beta", {"min_log_concentration": -40.0, "max_log_concentration": 40.0}

    def points(self, rng):
        return [([x], [logit, c]) for x in (1e-30, 1e-6, 0.25, 0.5, 0.9, 1 - 2 ** -24) for logit in (-30, -3, -1, 0, 0.5, 4)
                for c in (-45, -10, -2, 0, 1, 3, 7, 12)]

    def links(self, raw):
        logit, c = mpf(raw[0]), mpf(raw[1])
        return [mp.exp(bound(log_sigmoid(t) + c, -40, 40)) for t in (logit, -logit)]

    def log_prob(self, x, raw):
        (a, b), g = self.links(raw), mp.loggamma
        return (a - 1) * mp.log(x[0]) + (b - 1) * mp.log1p(-x[0]) + g(a + b) - g(a) - g(b)

    def moments(self, raw):
        a, b = self.links(raw)
        return a / (a + b), a * b / (a + b) ** 2 / (a + b + 1)


class StudentT(Likelihood):
    plugin, settings = "student_t", {"scale": "per_pixel", "min_log_scale": -20.0, "dof": "per_pixel", "min_dof": 2.0}
    tiles, chosen = TILES[1:2] + [(100.0, 101.0)], [([0.9], [0.25, 0, -30]), ([0.9], [0.25, 10, 0]), ([0.9], [0.2, 4.6, 300]), ([0], [-30, 22, 5])]

    def points(self, rng):
        return [([x], [loc, s, d]) for x in (0, 0.9, -1e6) for loc in (-1e6, -30, -1, 0, 0.25, 4) for s in LOG_SCALES
                for d in (-40, -3, 0, 5, 300, 1e6)]

    def links(self, raw):
        return mpf(raw[0]), bound(raw[1], -20, 40), softplus(mpf(raw[2]))

    def log_prob(self, x, raw):
        loc, s, more = self.links(raw)
        v, g = 2 + more, mp.loggamma
        tail = (v + 1) / 2 * mp.log1p(((x[0] - loc) * mp.exp(-s)) ** 2 / v)
        return g((v + 1) / 2) - g(v / 2) - mp.log(v * mp.pi) / 2 - s - tail

    def moments(self, raw):
        loc, s, more = self.links(raw)
        return loc, mp.exp(2 * s) * (2 + more) / more

    def mass(self, low, high, raw):
        """By quadrature of the density over that in the middle; nothing where it is too steep for that."""
        middle, loc = (low + high) / 2, mpf(raw[0])
        peak, fall = self.log_prob([middle], raw), self.log_prob([low], raw) - self.log_prob([high], raw)
        if abs(fall) > 20 or low <= loc <= high:
            return None
        with mp.workdps(80):
            return peak + mp.log(mp.quad(lambda x: mp.exp(self.log_prob([x], raw) - peak), mp.linspace(low, high, 9)))


class Categorical(Likelihood):
    plugin, levels = "categorical", 4
    chosen = [([2], [0, 20, 0, 0]), ([0], [0, -20, -30, -40]), ([3], [0, 0, 300, 0])]

    def points(self, rng):
        return [([x], [rng.choice([-1000, -30, -3, 0, 1, 20, 1000, 1e4]) for _ in range(4)]) for x in range(4) for _ in range(15)]

    def log_prob(self, x, raw):
        k = int(x[0])
        return -mp.log1p(sum(mp.exp(mpf(v) - raw[k]) for i, v in enumerate(raw) if i != k))

    def moments(self, raw):
        total = log_sum([mpf(v) for v in raw])
        p = [mp.exp(v - total) for v in raw]
        mean = sum(k * q for k, q in enumerate(p))
        return mean, sum((k - mean) ** 2 * q for k, q in enumerate(p))


class Multinomial(Likelihood):
    plugin, shape, moments = "multinomial", [3], None
    chosen = [([1e7, 1e7, 1e7], [0, 0, 0]), ([1e6, 2e6, 0], [0, 0.69314718, -30]), ([2e12, 4e12, 7], [0, 0.69314718, -27]),
              ([4e9, 4e9, 4e9], [0, 0, 0])]

    def points(self, rng):
        counts = ((1, 0, 2), (1e6, 1e6, 1e6), (1e7, 0, 3), (1e5, 2e5, 7))
        return [(list(x), [rng.choice([-1000, -30, -3, 0, 0.1, 1, 8]) for _ in range(3)]) for x in counts for _ in range(20)]

    def log_prob(self, x, raw):
        total, g = log_sum([mpf(v) for v in raw]), mp.loggamma
        return g(mpf(sum(x)) + 1) - sum(g(mpf(k) + 1) for k in x) + sum(k * (v - total) for k, v in zip(x, raw))


class DirichletMultinomial(Likelihood):
    plugin, settings, shape, moments = "dirichlet_multinomial", {"concentration": "per_example"}, [3], None
    chosen = [([1e6, 2e6, 0], [0, 0.69314718, -30, 40]), ([1e7, 0, 3], [0, 0, 0, -10]), ([2, 1, 3], [0, 0, 0, 1.0986123])]

    def points(self, rng):
        counts = ((0, 0, 0), (1, 0, 2), (0, 9, 0), (100, 200, 300), (1e6, 1e6, 1e6), (1e7, 0, 3), (1e5, 2e5, 7))
        return [(list(x), [rng.choice([-1000, -30, -3, 0, 0.1, 1, 8]) for _ in range(3)] + [rng.choice([-1000, -9, -1, 0, 2, 5, 12, 20, 1000])])
                for x in counts for _ in range(20)]

    def log_prob(self, x, raw):
        whole, g = log_sum([mpf(v) for v in raw[:3]]), mp.loggamma
        a = [mp.exp(bound(mpf(v) - whole + raw[3], -30, 30)) for v in raw[:3]]
        n, of_all = mpf(sum(x)), sum(a)
        return g(n + 1) + g(of_all) - g(n + of_all) + sum(g(k + c) - g(c) - g(mpf(k) + 1) for k, c in zip(x, a))


class Ordinal(Likelihood):
    """Whose cut points are those of equal shares: the others are in ordinal_test.cpp."""
    plugin, levels = "ordinal", 4

    def points(self, rng):
        return [([x], [loc]) for x in range(4) for loc in (-1000, -60, -17, -3, -1e-3, 0, 0.5, 4, 16, 88, 1000)]

    def log_prob(self, x, raw):
        return mp.log(self.mass_of(int(x[0]), raw))

    def mass_of(self, k, raw):
        """From the nearer tail."""
        cut = [-INF, mpf(single(mp.log(mpf(1) / 3)))]
        for step in (mp.log(3), mp.log(3)):  # learned as the number of which it is the softplus, a float32
            cut.append(cut[-1] + softplus(mpf(single(mp.log(mp.expm1(step))))))
        cut.append(INF)
        a, b = (t if abs(t) == INF else t - mpf(raw[0]) for t in cut[k:k + 2])
        if a > 0:
            a, b = -b, -a
        return (1 if b == INF else sigmoid(b)) - (0 if a == -INF else sigmoid(a))

    def moments(self, raw):
        p = [self.mass_of(k, raw) for k in range(4)]
        mean = sum(k * q for k, q in enumerate(p))
        return mean, sum((k - mean) ** 2 * q for k, q in enumerate(p))


def gradient(f, at):
    slopes = []
    for i, value in enumerate(at):
        step = mpf(10) ** -38 * max(mpf(1), abs(mpf(value)))
        low, high = [mpf(v) for v in at], [mpf(v) for v in at]
        low[i] -= step
        high[i] += step
        slopes.append((f(high) - f(low)) / (2 * step))
    return slopes


def row_of(distribution, x, raw, tile):
    x, raw = [single(v) for v in x], [single(v) for v in raw]
    row = {"x": x, "raw": raw, "log_prob": float(distribution.log_prob(x, raw)),
           "gradient": [float(g) for g in gradient(lambda r: distribution.log_prob(x, r), raw)]}
    if distribution.moments:
        row["mean"], row["variance"] = (float(m) for m in distribution.moments(raw))
    ends = [mpf(end) for end in tile or []]
    mass = distribution.mass(*ends, raw) if tile else None
    if mass is not None:
        row["interval"], row["mass"] = tile, float(mass)
        row["mass_gradient"] = [float(g) for g in gradient(lambda r: distribution.mass(*ends, r), raw)]
    return row


def group_of(kind):
    distribution, rng = kind(), random.Random(17)
    points = distribution.points(rng)
    rng.shuffle(points)
    rows = [row_of(distribution, x, raw, rng.choice(distribution.tiles) if distribution.tiles else None) for x, raw in distribution.chosen + points[:ROWS]]
    return {"plugin": distribution.plugin, "settings": distribution.settings, "levels": distribution.levels, "shape": distribution.shape, "rows": rows}


if __name__ == "__main__":
    kinds = [Gaussian, Laplace, TruncatedNormal, LogitNormal, LogNormal, VonMises, Bernoulli, ContinuousBernoulli, DiscretizedLogistic,
             DiscretizedLogisticMixture, ColourMixture, Poisson, BoundedPoisson, NegativeBinomial, BoundedNegativeBinomial,
             ZeroInflated, ZeroInflatedPoisson, LibrarySize, Binomial, BetaBinomial, Beta, StudentT, Categorical, Ordinal, Multinomial,
             DirichletMultinomial]
    texts = [f'  "{kind.__name__}": ' + json.dumps(group_of(kind)).replace('{"x"', '\n    {"x"') for kind in kinds]
    print("{\n" + ",\n".join(texts) + "\n}")
