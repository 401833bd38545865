#!/usr/bin/env python3
"""experiments/quickstart.toml as one writes it by hand with torch and scipy: four likelihoods of the levels of Fashion-MNIST, an MLP of 500 tanh units
and 20 latents, two epochs of Adam; the bound of 100 importance samples on 300 test images; paired t tests with Holm's correction.

    /usr/bin/python3 tests/benchmarks/peers/answer_in_python.py [FOLDER of the four files]

Its last line is a JSON object of the seconds of each part, as `elbo bench answer` wants it.
"""
import time

BEGIN = time.perf_counter()

import gzip
import itertools
import json
import math
import pathlib
import sys

import scipy.stats
import torch

BATCH, EPOCHS, LATENTS, SAMPLES, IMAGES = 100, 2, 20, 100, 300
TINY = 1e-12


def pixels(folder, name):
    file = next(pathlib.Path(folder).glob(f"{name}-images-idx3-ubyte*"))
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return torch.frombuffer(bytearray(content[16:]), dtype=torch.uint8).view(-1, 784).float()


class Vae(torch.nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Linear(784, 500), torch.nn.Tanh())
        self.mean, self.log_scale = torch.nn.Linear(500, LATENTS), torch.nn.Linear(500, LATENTS)
        self.decoder = torch.nn.Sequential(torch.nn.Linear(LATENTS, 500), torch.nn.Tanh(), torch.nn.Linear(500, 784 * outputs))
        self.noise = torch.nn.Parameter(torch.tensor(-1.5))

    def posterior(self, levels):
        h = self.body(levels / 255)
        return torch.distributions.Normal(self.mean(h), self.log_scale(h).exp(), validate_args=False)


def mass(levels, cdf):
    """log P of each level: its share of [0, 1], the lowest and highest with the tails."""
    low, high = cdf(levels / 256), cdf((levels + 1) / 256)
    low, high = torch.where(levels == 0, torch.zeros_like(low), low), torch.where(levels == 255, torch.ones_like(high), high)
    return (high - low).clamp_min(TINY).log()


def gaussian(model, out, levels):
    return mass(levels, torch.distributions.Normal(out, model.noise.exp(), validate_args=False).cdf)


def laplace(model, out, levels):
    return mass(levels, torch.distributions.Laplace(out, model.noise.exp(), validate_args=False).cdf)


def continuous_bernoulli(model, out, levels):
    density = torch.distributions.ContinuousBernoulli(logits=out, validate_args=False)
    return (density.cdf((levels + 1) / 256) - density.cdf(levels / 256)).clamp_min(TINY).log()


def discretized_logistic(model, out, levels):
    loc, log_scale = out.chunk(2, -1)
    return mass(levels, lambda x: torch.sigmoid((x - loc) * torch.exp(-log_scale.clamp_min(-7))))


LIKELIHOODS = {"gaussian": (gaussian, 1), "laplace": (laplace, 1), "continuous bernoulli": (continuous_bernoulli, 1), "discretized logistic": (discretized_logistic, 2)}


def elbo(model, likelihood, levels):
    q = model.posterior(levels)
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0., 1.)).sum(-1)
    return likelihood(model, model.decoder(q.rsample()), levels).sum(-1) - kl


def train(model, likelihood, loader):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(EPOCHS):
        for levels, in loader:
            optimizer.zero_grad()
            loss = -elbo(model, likelihood, levels).mean()
            loss.backward()
            optimizer.step()


@torch.no_grad()
def test_elbo(model, likelihood, test):
    return torch.cat([elbo(model, likelihood, levels) for levels in test.split(BATCH)]).mean().item()


@torch.no_grad()
def log_px(model, likelihood, images):
    """The bound of SAMPLES importance samples, of each image."""
    prior, found = torch.distributions.Normal(0., 1.), []
    for levels in images.split(10):
        q = model.posterior(levels)
        z = q.sample((SAMPLES,))
        log_w = likelihood(model, model.decoder(z), levels.expand(SAMPLES, -1, -1)).sum(-1) + (prior.log_prob(z) - q.log_prob(z)).sum(-1)
        found.append(log_w.logsumexp(0) - math.log(SAMPLES))
    return torch.cat(found).double().numpy()


def compare(found):
    """Paired t tests of all pairs, p values by Holm's method."""
    pairs = [(a, b, scipy.stats.ttest_rel(found[a], found[b]).pvalue) for a, b in itertools.combinations(found, 2)]
    running = 0
    for rank, (a, b, p) in enumerate(sorted(pairs, key=lambda pair: pair[2])):
        running = max(running, min(1, p * (len(pairs) - rank)))
        print(f"{a} - {b}: {(found[a] - found[b]).mean():.2f} nat, p {running:.2g}")


def main():
    seconds, last = {}, BEGIN

    def part(name):
        nonlocal last
        now = time.perf_counter()
        seconds[name] = seconds.get(name, 0) + now - last
        last = now

    part("start")
    folder = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist"
    train_set, test_set = pixels(folder, "train"), pixels(folder, "t10k")
    torch.manual_seed(1)
    chosen = test_set[torch.randperm(len(test_set))[:IMAGES]]
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(train_set), batch_size=BATCH, shuffle=True)
    part("data")
    found = {}
    for name, (likelihood, outputs) in LIKELIHOODS.items():
        model = Vae(outputs)
        train(model, likelihood, loader)
        part("training")
        bound = test_elbo(model, likelihood, test_set)
        found[name] = log_px(model, likelihood, chosen)
        print(f"{name}: elbo {bound:.2f}, log p(x) {found[name].mean():.2f} +- {found[name].std() / math.sqrt(IMAGES):.2f} nat")
        part("evaluation")
    compare(found)
    part("comparison and page")
    print(json.dumps(seconds))


main()
