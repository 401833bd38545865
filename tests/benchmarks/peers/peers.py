#!/usr/bin/env python3
"""elbo beside Python: the same model, data and number of steps on one thread, in alternating rounds.

    /usr/bin/python3 tests/benchmarks/peers/peers.py [--elbo build/bin/elbo] [--images 20000] [--epochs 2] [--rounds 3]

Needs python3-torch, python3-h5py and dataset-fashion-mnist. Model: 784-500-20-500-784, tanh, Bernoulli on images that are
binarised anew at each showing, batch 100, Adam 1e-3. Prints images per second of training, the ratio to elbo in the same
round, and the test elbo, so that speed was not bought with learning.
"""
import argparse
import gzip
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

FORCING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NVPL_BLAS_DEBUG_CPU_TYPE", "ATEN_CPU_CAPABILITY", "DNNL_MAX_CPU_ISA")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")
BATCH = 100

EXPERIMENT = """name = "peers"
latent_dim = 20
dataset = {{ name = "fashion_mnist", observe = "binary", train = {images}, test = 2000 }}
encoder = {{ plugin = "mlp", hidden = [500] }}
decoder = {{ plugin = "mlp", hidden = [500] }}
prior = {{ plugin = "standard_normal" }}
likelihood = {{ plugin = "bernoulli" }}
train = {{ max_epochs = {epochs}, batch_size = 100, test_every = {epochs} }}
evaluate = {{ importance_samples = 0 }}
log = {{ images = 0, latents = 0 }}
"""


def images(name, count):
    import torch
    content = bytearray(gzip.decompress((FOLDER / f"{name}-images-idx3-ubyte.gz").read_bytes())[16:])
    return torch.frombuffer(content, dtype=torch.uint8)[: count * 784].view(count, 784)


def make_model():
    import torch
    nn = torch.nn

    class Vae(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.mean, self.log_scale = nn.Linear(784, 500), nn.Linear(500, 20), nn.Linear(500, 20)
            self.up, self.out = nn.Linear(20, 500), nn.Linear(500, 784)
            for layer in (self.body, self.mean, self.log_scale, self.up, self.out):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

        def loss(self, x):
            h = torch.tanh(self.body(x))
            mean, log_scale = self.mean(h), self.log_scale(h)
            z = mean + log_scale.exp() * torch.randn_like(mean)
            logits = self.out(torch.tanh(self.up(z)))
            wrong = nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            kl = 0.5 * ((2 * log_scale).expm1() - 2 * log_scale + mean.square()).sum()
            return (wrong + kl) / x.size(0)

    return Vae()


def start_at_marginal(model, x):
    """As elbo starts: the output's bias at the data's mean, so that the test elbos can be compared."""
    import torch
    with torch.no_grad():
        model.out.bias.copy_((x.float().mean(0) / 255).clamp(0.001, 0.999).logit())


class FlatAdam:
    """Adam by hand on one flat tensor: six operations for all parameters."""

    def __init__(self, model):
        import torch
        self.torch, parameters = torch, list(model.parameters())
        self.flat = torch.cat([p.detach().flatten() for p in parameters])
        self.gradient = torch.zeros_like(self.flat)
        at = 0
        for p in parameters:
            p.data, p.grad = (t[at: at + p.numel()].view_as(p) for t in (self.flat, self.gradient))
            at += p.numel()
        self.first, self.second, self.steps = torch.zeros_like(self.flat), torch.zeros_like(self.flat), 0

    def zero_grad(self):
        self.gradient.zero_()

    def step(self):
        self.steps += 1
        self.first.lerp_(self.gradient, 0.1)
        self.second.mul_(0.999).addcmul_(self.gradient, self.gradient, value=0.001)
        root = self.second.sqrt().div_((1 - 0.999**self.steps) ** 0.5).add_(1e-8)
        self.flat.addcdiv_(self.first, root, value=-1e-3 / (1 - 0.9**self.steps))


def textbook_batches(x):
    """As tutorials have it: a data set of single images, a DataLoader, a conversion of each image."""
    import torch

    class Single(torch.utils.data.Dataset):
        def __len__(self):
            return x.size(0)

        def __getitem__(self, i):
            return torch.bernoulli(x[i].float() / 255)

    return lambda: torch.utils.data.DataLoader(Single(), batch_size=BATCH, shuffle=True)


def tuned_batches(x):
    """By hand: everything in memory, one gather a batch."""
    import torch
    scaled = x.float() / 255

    def epoch():
        order = torch.randperm(x.size(0))
        for first in range(0, x.size(0), BATCH):
            yield torch.bernoulli(scaled.index_select(0, order[first: first + BATCH]))

    return epoch


def train_in_python(kind, count, epochs):
    """Prints images per second and the test elbo. Runs in a process of its own."""
    import torch
    torch.manual_seed(1)
    torch.set_num_threads(1)
    x, test, model = images("train", count), images("t10k", 2000), make_model()
    start_at_marginal(model, x)
    batches = textbook_batches(x) if kind == "textbook" else tuned_batches(x)
    optimizer = FlatAdam(model) if kind == "flat adam" else torch.optim.Adam(model.parameters(), 1e-3)
    begin = time.perf_counter()
    for _ in range(epochs):
        for batch in batches():
            optimizer.zero_grad()
            model.loss(batch).backward()
            optimizer.step()
    seconds = time.perf_counter() - begin
    with torch.no_grad():
        elbo = -model.loss(torch.bernoulli(test.float() / 255)).item()
    print(count * epochs / seconds, elbo)


def measured(command, environment, folder):
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"peers: {' '.join(map(str, command))} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def train_elbo(program, count, epochs, environment):
    import h5py
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "peers.toml").write_text(EXPERIMENT.format(images=count, epochs=epochs))
        measured([program, "run", "peers.toml", "--jobs", "1", "--out", "out"], environment, folder)
        with h5py.File(next(pathlib.Path(folder, "out").rglob("log.h5"))) as log:
            summary = log["summary"]
            value = lambda name: float(summary.attrs[name] if name in summary.attrs else summary[name][()])
            return value("images_per_second"), value("elbo")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elbo", default="build/bin/elbo")
    parser.add_argument("--images", type=int, default=20000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        return train_in_python(given.only, given.images, given.epochs)

    environment = {k: v for k, v in os.environ.items() if k not in FORCING} | ONE_THREAD
    program = str(pathlib.Path(given.elbo).resolve())
    kinds = ["textbook", "tuned", "flat adam"]
    results = {kind: [] for kind in ["elbo", *kinds]}
    for _ in range(given.rounds):
        results["elbo"].append(train_elbo(program, given.images, given.epochs, environment))
        for kind in kinds:
            command = [sys.executable, __file__, "--only", kind, "--images", str(given.images), "--epochs", str(given.epochs)]
            results[kind].append(tuple(map(float, measured(command, environment, None).split())))

    print(f"{'':34}{'images/s':>10}{'elbo is faster by':>20}{'test elbo':>12}")
    names = {"elbo": "elbo", "textbook": "Python, Dataset and DataLoader", "tuned": "Python, in memory, torch.optim.Adam",
             "flat adam": "Python, in memory, flat Adam"}
    for kind, rounds in results.items():
        ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in zip(results["elbo"], rounds))
        speed, elbo = (statistics.median(r[i] for r in rounds) for i in (0, 1))
        print(f"{names[kind]:34}{speed:10.0f}{ratio:20.2f}{elbo:12.2f}")


main()
