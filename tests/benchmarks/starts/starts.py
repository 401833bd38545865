#!/usr/bin/env python3
"""Initialisations compared at equal steps: elbo's default against those of PyTorch, Glorot and He, with and without the output's bias at
the data's marginal.

    /usr/bin/python3 tests/benchmarks/starts/starts.py [--elbo build/bin/elbo] [--network mlp] [--cells 12] [--skip 0] [--images 5000] [--epochs 6]

The grid is latent dimensions x hidden layers x activation x data and likelihood x optimiser. --cells takes that many of its 450 cells, after the first
--skip, spread so that each value of each factor occurs equally often, as nearly as their number allows. --network conv or resnet takes those of the cells
whose data are images; a hidden layer is then a stage of channels. Each initialisation is trained with three seeds. A
cell's row has the mean test elbo of each; "behind" is how far elbo's default lies below the best of the others, in standard errors of the difference over
seeds. The best of six is the largest of six noisy means, so that "behind" exceeds 1 now and then where nothing is better. Needs python3 alone; MNIST by
`elbo data fetch mnist`, dataset-fashion-mnist, and counts_mouse_brain for the counts.
"""
import argparse
import csv
import itertools
import math
import pathlib
import subprocess
import sys
import tempfile

LATENTS = (2, 20, 50, 128, 256)
LAYERS = (1, 2, 3)
ACTIVATIONS = ("tanh", "relu", "silu")
DATA = {
    "bernoulli, static": ('name = "mnist", observe = "binary", binarize = "static"', "bernoulli"),
    "bernoulli, dynamic": ('name = "mnist", observe = "binary"', "bernoulli"),
    "gaussian levels": ('name = "fashion_mnist", observe = "levels"', "gaussian"),
    "discretized_logistic": ('name = "fashion_mnist", observe = "levels"', "discretized_logistic"),
    "negative_binomial": ('name = "counts_mouse_brain", observe = "counts"', "negative_binomial"),
}
OPTIMIZERS = ("adam", "rmsprop")
STARTS = {"ours": None}
STARTS |= {f"{init}{', marginal' if marginal else ''}": (init, marginal) for init in ("pytorch", "glorot", "he") for marginal in (False, True)}


CHANNELS = (16, 32, 64)


def cells(network):
    """The grid along a path on which all factors change at once."""
    grid = list(itertools.product(LATENTS, LAYERS, ACTIVATIONS, DATA, OPTIMIZERS))
    step = next(s for s in range(int(len(grid) * 0.618), len(grid)) if math.gcd(s, len(grid)) == 1)
    path = [grid[i * step % len(grid)] for i in range(len(grid))]
    return [cell for cell in path if network == "mlp" or "counts" not in DATA[cell[3]][0]]


def network_of(given, layers, activation):
    size = f"hidden = {[200] * layers}" if given.network == "mlp" else f"channels = {list(CHANNELS[:layers])}, hidden = [200]"
    return f'{{ plugin = "{given.network}", {size}, activation = "{activation}" }}'


def experiment(cell, given):
    latents, layers, activation, data, optimizer = cell
    source, likelihood = DATA[data]
    text = f"""name = "start"
seeds = [1, 2, 3]
latent_dim = {latents}
dataset = {{ {source}, train = {given.images}, test = 500 }}
encoder = {network_of(given, layers, activation)}
decoder = {network_of(given, layers, activation)}
prior.plugin = "standard_normal"
likelihood.plugin = "{likelihood}"
train = {{ max_epochs = {given.epochs}, batch_size = 50, test_every = {given.epochs}, optimizer = {{ name = "{optimizer}" }} }}
evaluate.importance_samples = 0
log = {{ latents = 0, images = 0 }}
"""
    for name, start in STARTS.items():
        text += f'[[variant]]\nname = "{name}"\n'
        if start:
            text += f'encoder = {{ init = "{start[0]}", initial_log_scale = 0.0 }}\n'
            text += f'decoder = {{ init = "{start[0]}", bias_at_marginal = {str(start[1]).lower()} }}\n'
    return text


def results(program, cell, given, folder):
    """Mean test elbo, its standard error over seeds, and kl, of each start."""
    file = pathlib.Path(folder, "start.toml")
    file.write_text(experiment(cell, given))
    subprocess.run([program, "run", file, "--out", pathlib.Path(folder, "out")], capture_output=True, check=False)
    said = subprocess.run([program, "compare", pathlib.Path(folder, "out"), "--format", "csv"], capture_output=True, text=True, check=False)
    if not said.stdout:
        sys.exit(f"starts: {cell}: {said.stderr.strip()}")
    rows = {row["variant"]: row for row in csv.DictReader(said.stdout.splitlines())}
    number = lambda name, value: float(rows[name][value] or "nan") if name in rows else math.nan
    return {name: (number(name, "elbo [nat]"), number(name, "elbo sd [nat]") / math.sqrt(3), number(name, "kl [nat]")) for name in STARTS}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elbo", default="build/bin/elbo")
    parser.add_argument("--network", choices=("mlp", "conv", "resnet"), default="mlp")
    parser.add_argument("--cells", type=int, default=12)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--epochs", type=int, default=6)
    given = parser.parse_args()
    program = str(pathlib.Path(given.elbo).resolve())
    print("| latents | hidden layers | activation | data | optimiser | " + " | ".join(STARTS) + " | kl of ours | behind |")
    print("| --- " * (len(STARTS) + 7) + "|", flush=True)
    behind = collapsed = 0
    for cell in cells(given.network)[given.skip:given.skip + given.cells]:
        with tempfile.TemporaryDirectory() as folder:
            found = results(program, cell, given, folder)
        ours, error, kl = found["ours"]
        best = max((r for name, r in found.items() if name != "ours" and not math.isnan(r[0])), key=lambda r: r[0])
        errors = (best[0] - ours) / max(1e-9, math.hypot(error, best[1]))
        behind += errors > 1
        collapsed += kl < 0.05
        shown = [f"{r[0]:.1f}{' (kl 0)' if r[2] < 0.05 else ''}" for r in found.values()]
        print(f"| {' | '.join(map(str, cell))} | {' | '.join(shown)} | {kl:.2f} | {max(0, errors):.1f} |", flush=True)
    print(f"{given.cells} cells: {collapsed} collapses of elbo's own start, behind the best of the others by more than one standard error in {behind}")
    return 1 if behind or collapsed else 0


sys.exit(main())
