#!/usr/bin/env python3
"""Initialisations compared at equal steps: elbo's default against those of PyTorch, Glorot and He, with and without the output's bias at
the data's marginal.

    ninja -C build program starts
    /usr/bin/python3 tests/benchmarks/starts/starts.py [--build build] [--network mlp] [--data NAME] [--cells 12] [--skip 0]
        [--mnist FOLDER] [--images 5000] [--epochs 6] [--fresh 6]

The grid is latent dimensions x hidden layers x activation x data and likelihood x optimiser. --cells takes that many of its 450 cells, after the first
--skip, spread so that each value of each factor occurs equally often, as nearly as their number allows; --data takes those of one likelihood. --network
conv or resnet takes those of the cells whose data are images; a hidden layer is then a stage of channels.

Each initialisation is trained with seeds 1 to 3, and a cell's row has the mean test ELBO of each. The best of six others is the largest of six noisy means,
so it lies above the default now and then where nothing is better. Where it does, the default and that best one are trained again with --fresh seeds, which
took no part in the choice, and "behind" is the difference of these fresh seeds alone: its mean, its standard error, and the p value of Welch's one-sided t
test. A cell counts as behind where its p value, corrected by Holm's method over all cells that were trained again, is below 0.05. The script fails
where a cell is behind or the default collapses (KL below 0.05 nat). The standard error says how small a difference the fresh seeds could have shown.

Needs python3 alone; MNIST by `elbo data fetch mnist`, dataset-fashion-mnist, and counts_mouse_brain for the counts. The runs of a cell are trained in one
process (starts.cpp), with the results that `elbo run` has.
"""
import argparse
import itertools
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "peers"))
from peers import FASHION, write_subset

LATENTS = (2, 20, 50, 128, 256)
LAYERS = (1, 2, 3)
ACTIVATIONS = ("tanh", "relu", "silu")
DATA = {
    "bernoulli, static": ("mnist", 'observe = "binary", binarize = "static"', "bernoulli"),
    "bernoulli, dynamic": ("mnist", 'observe = "binary"', "bernoulli"),
    "gaussian levels": ("fashion_mnist", 'observe = "levels"', "gaussian"),
    "discretized_logistic": ("fashion_mnist", 'observe = "levels"', "discretized_logistic"),
    "negative_binomial": (None, 'name = "counts_mouse_brain", observe = "counts"', "negative_binomial"),
}
OPTIMIZERS = ("adam", "rmsprop")
STARTS = {"ours": None}
STARTS |= {f"{init}{', marginal' if marginal else ''}": (init, marginal) for init in ("pytorch", "glorot", "he") for marginal in (False, True)}


CHANNELS = (16, 32, 64)
LEVEL = 0.05
TESTS = 500


def cells(network, data):
    """The grid along a path on which all factors change at once."""
    grid = list(itertools.product(LATENTS, LAYERS, ACTIVATIONS, DATA, OPTIMIZERS))
    step = next(s for s in range(int(len(grid) * 0.618), len(grid)) if math.gcd(s, len(grid)) == 1)
    path = [grid[i * step % len(grid)] for i in range(len(grid))]
    return [cell for cell in path if (network == "mlp" or DATA[cell[3]][0]) and data in (None, cell[3])]


def network_of(given, layers, activation):
    size = f"hidden = {[200] * layers}" if given.network == "mlp" else f"channels = {list(CHANNELS[:layers])}, hidden = [200]"
    return f'{{ plugin = "{given.network}", {size}, activation = "{activation}" }}'


def experiment(cell, given, starts, seeds):
    latents, layers, activation, data, optimizer = cell
    images, source, likelihood = DATA[data]
    source += f', path = "{given.images_at}/{images}", format = "idx"' if images else f", train = {given.images}, test = {TESTS}"
    text = f"""name = "start"
seeds = {list(seeds)}
latent_dim = {latents}
dataset = {{ {source} }}
encoder = {network_of(given, layers, activation)}
decoder = {network_of(given, layers, activation)}
prior.plugin = "standard_normal"
likelihood.plugin = "{likelihood}"
train = {{ max_epochs = {given.epochs}, batch_size = 50, test_every = {given.epochs}, optimizer = {{ name = "{optimizer}" }} }}
evaluate.importance_samples = 0
log = {{ latents = 0, images = 0 }}
"""
    for name in starts:
        text += f'[[variant]]\nname = "{name}"\n'
        if STARTS[name]:
            init, marginal = STARTS[name]
            text += f'encoder = {{ init = "{init}", initial_log_scale = 0.0 }}\n'
            text += f'decoder = {{ init = "{init}", bias_at_marginal = {str(marginal).lower()} }}\n'
    return text


def results(given, cell, starts, seeds):
    """Mean test ELBO, its standard error over seeds, and KL, of each initialisation; NaN for one of which a run failed."""
    build = pathlib.Path(given.build).resolve()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "start.toml")
        file.write_text(experiment(cell, given, starts, seeds))
        plan = subprocess.run([build / "bin/elbo", "plan", file, "--json"], capture_output=True, text=True, check=False)
        if plan.returncode:
            sys.exit(f"starts: {cell}: {plan.stderr.strip()}")
        said = subprocess.run([build / "bin/starts", folder], input=plan.stdout, capture_output=True, text=True, check=True)
    found = {name: [] for name in starts}
    for line in said.stdout.splitlines():
        run = json.loads(line)
        if "fault" in run:
            print(f"starts: {cell}: {run['variant']}, seed {run['seed']}: {run['fault']}", file=sys.stderr)
        found[run["variant"]].append((run.get("elbo") or math.nan, run.get("kl") or math.nan))

    def summary(runs):
        elbos, kls = zip(*runs)
        return statistics.fmean(elbos), statistics.stdev(elbos) / math.sqrt(len(elbos)), statistics.fmean(kls)
    return {name: summary(runs) for name, runs in found.items()}


def t_tail(t, freedom):
    """Probability that Student's t of so many degrees of freedom exceeds t, by Simpson's rule."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    density = lambda x: scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2)
    steps = 2000
    width = abs(t) / steps
    inner = width / 3 * sum(density(i * width) * (1 if i in (0, steps) else 4 if i % 2 else 2) for i in range(steps + 1))
    return max(0.0, 0.5 - inner) if t > 0 else 0.5 + inner


def behind_on_fresh_seeds(given, cell, best):
    """How far the default is behind on seeds that did not choose `best`: mean, standard error, p value."""
    found = results(given, cell, ["ours", best], range(101, 101 + given.fresh))
    (ours, a, _), (other, b, _) = found["ours"], found[best]
    error = max(1e-9, math.hypot(a, b))
    freedom = error**4 / ((a**4 + b**4) / (given.fresh - 1)) if a or b else given.fresh - 1
    return other - ours, error, t_tail((other - ours) / error, freedom)


def holm(p_values):
    """Corrected p values, in the same order."""
    corrected, running = {}, 0.0
    for rank, (key, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        running = max(running, min(1.0, p * (len(p_values) - rank)))
        corrected[key] = running
    return corrected


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--mnist", default=pathlib.Path.home() / ".local/share/elbo/mnist")
    parser.add_argument("--network", choices=("mlp", "conv", "resnet"), default="mlp")
    parser.add_argument("--data", choices=DATA)
    parser.add_argument("--cells", type=int, default=12)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--fresh", type=int, default=6)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        given.images_at = folder
        for name, source in (("mnist", given.mnist), ("fashion_mnist", FASHION)):
            pathlib.Path(folder, name).mkdir()
            write_subset(source, given.images, TESTS, pathlib.Path(folder, name))
        return compare(given)


def compare(given):
    print("| latents | hidden layers | activation | data | optimiser | " + " | ".join(STARTS) + " | kl of ours | behind |")
    print("| --- " * (len(STARTS) + 7) + "|", flush=True)
    tested, collapsed = {}, 0
    chosen = cells(given.network, given.data)[given.skip:given.skip + given.cells]
    for cell in chosen:
        found = results(given, cell, STARTS, (1, 2, 3))
        ours, _, kl = found["ours"]
        best = max((name for name in found if name != "ours" and not math.isnan(found[name][0])), key=lambda name: found[name][0])
        collapsed += kl < 0.05
        said = "no"
        if not ours >= found[best][0]:
            mean, error, p = behind_on_fresh_seeds(given, cell, best)
            tested[cell] = p
            said = f"{best}: {mean:.1f} ± {error:.1f}, p {p:.2g}"
        shown = [f"{r[0]:.1f}{' (kl 0)' if r[2] < 0.05 else ''}" for r in found.values()]
        print(f"| {' | '.join(map(str, cell))} | {' | '.join(shown)} | {kl:.2f} | {said} |", flush=True)
    behind = [cell for cell, p in holm(tested).items() if not p >= LEVEL]
    print(f"{len(chosen)} cells: {collapsed} collapses of elbo's default; {len(tested)} trained again, behind at level {LEVEL} in {len(behind)}"
          + "".join(f"\nbehind: {cell}" for cell in behind))
    return 1 if behind or collapsed else 0


sys.exit(main())
