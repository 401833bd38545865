#!/usr/bin/env python3
"""elbo beside Python: the same models, data and number of steps on one thread, one round for each of three seeds.

    /usr/bin/python3 tests/benchmarks/peers/peers.py [--elbo build/bin/elbo] [--pythae FOLDER] [--mnist FOLDER] [--models tanh,relu,gaussian]
        [--peers textbook,dataset,tuned,flat,pythae] [--images 20000] [--tests 10000] [--epochs 5] [--rounds 3]

Needs python3-torch, python3-torchvision, python3-h5py and dataset-fashion-mnist (or a folder with the four files of MNIST);
pythae also python3-pydantic and a copy of its repository (github.com/clementchadebec/benchmark_VAE). Batches of 100, Adam at 1e-3. All of them read
the same folder with the first --images training images and the first --tests test images.

    tanh      784-500-20-500-784, Bernoulli on images that are binarised anew at each showing
    relu      784-256-256-128-256-256-784, the same
    gaussian  784-500-20-500-784, tanh, a Gaussian of one learned scale on grey values that are spread over [0, 1] anew at each showing

Prints images per second of training, the ratio to elbo in the same round, and the test elbo with its standard error over the rounds' seeds. elbo
begins as it does by default, the peers as their users' layers do or, named "marginal", with Glorot's weights and the output's bias at the
data's marginal. Fails where elbo's test elbo is behind the best peer's by more than two standard errors of their difference. The peers are in
in_python.py.
"""
import argparse
import gzip
import math
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile

FORCING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NVPL_BLAS_DEBUG_CPU_TYPE", "ATEN_CPU_CAPABILITY", "DNNL_MAX_CPU_ISA")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
FASHION = "/usr/share/datasets/fashion-mnist"
PEERS = {("textbook", "pytorch"): "Python, torchvision and DataLoader", ("dataset", "pytorch"): "Python, TensorDataset and DataLoader",
         ("tuned", "pytorch"): "Python, in memory, torch.optim.Adam", ("tuned", "glorot"): "the same, marginal",
         ("flat", "glorot"): "Python, in memory, flat Adam, marginal", ("pythae", "pytorch"): "pythae's trainer"}
BERNOULLI, GAUSSIAN = ('observe = "binary"', "bernoulli"), ('observe = "unit_interval"', "gaussian")
MODELS = {"tanh": ([500], 20, "tanh", BERNOULLI), "relu": ([256, 256], 128, "relu", BERNOULLI), "gaussian": ([500], 20, "tanh", GAUSSIAN)}
PATIENCE = 2  # standard errors
VALUES = 28 * 28


def write_subset(source, images, tests, folder):
    """The first images and labels of both files of MNIST or Fashion-MNIST, in the format that all of them read."""
    for name, count in (("train", images), ("t10k", tests)):
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            file = next(pathlib.Path(source).glob(f"{name}-{kind}*"))
            content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            header, rows = 4 + 4 * content[3], struct.unpack(">I", content[4:8])[0]
            kept = min(count, rows)
            values = (len(content) - header) // rows * kept
            (folder / f"{name}-{kind}").write_bytes(content[:4] + struct.pack(">I", kept) + content[8:header + values])


def experiment(model, seed, data, given):
    hidden, latents, activation, (observe, likelihood) = MODELS[model]
    return f"""name = "peers"
seeds = [{seed}]
latent_dim = {latents}
dataset = {{ path = "{data}", format = "idx", {observe} }}
encoder = {{ plugin = "mlp", hidden = {hidden}, activation = "{activation}" }}
decoder = {{ plugin = "mlp", hidden = {hidden[::-1]}, activation = "{activation}" }}
prior = {{ plugin = "standard_normal" }}
likelihood = {{ plugin = "{likelihood}" }}
train = {{ max_epochs = {given.epochs}, batch_size = 100, test_every = {given.epochs} }}
evaluate = {{ importance_samples = 0 }}
log = {{ images = 0, latents = 0 }}
"""


def measured(command, environment, folder):
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"peers: {' '.join(map(str, command))} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def train_elbo(program, model, seed, data, given, environment):
    """Images per second and test elbo."""
    import h5py
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "peers.toml").write_text(experiment(model, seed, data, given))
        measured([program, "run", "peers.toml", "--jobs", "1", "--out", "out"], environment, folder)
        with h5py.File(next(pathlib.Path(folder, "out").rglob("log.h5"))) as log:
            summary = log["summary"]
            value = lambda name: float(summary.attrs[name] if name in summary.attrs else summary[name][()])
            return value("images_per_second"), value("elbo")


def train_peer(kind, start, model, seed, data, given, environment):
    """Images per second, test elbo, the BLAS that Python's torch loaded."""
    peers = pathlib.Path(__file__).with_name("in_python.py").resolve()
    command = [sys.executable, peers, kind, model, start, str(seed), str(given.epochs), data]
    if kind == "pythae":
        command.append(pathlib.Path(given.pythae).resolve())
    with tempfile.TemporaryDirectory() as folder:
        speed, elbo, blas = measured(command, environment, folder).splitlines()[-1].split("\t")
    # elbo speaks of the probability of a level, of which there are 256 in [0, 1]; the peers of a density there.
    return float(speed), float(elbo) - (VALUES * math.log(256) if model == "gaussian" else 0), blas


def mean_and_error(values):
    return statistics.mean(values), statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def compare(model, program, data, given, environment):
    """Prints the model's table; whether elbo's test elbo is behind the best peer's."""
    kinds = [(kind, start) for kind, start in PEERS if kind in given.peers and (kind != "pythae" or (given.pythae and model != "gaussian"))]
    results = {kind: [] for kind in ["elbo", *kinds]}
    for seed in range(1, given.rounds + 1):
        results["elbo"].append(train_elbo(program, model, seed, data, given, environment))
        for kind, start in kinds:
            results[kind, start].append(train_peer(kind, start, model, seed, data, given, environment))
    print(f"\n{model:40}{'images/s':>10}{'elbo is faster by':>20}{'test elbo':>12}{'error':>8}")
    for kind, rounds in results.items():
        ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in zip(results["elbo"], rounds))
        elbo, error = mean_and_error([r[1] for r in rounds])
        print(f"{PEERS.get(kind, kind):40}{statistics.median(r[0] for r in rounds):10.0f}{ratio:20.2f}{elbo:12.2f}{error:8.2f}")
    print(f"BLAS of Python's torch: {', '.join({r[2] for kind in kinds for r in results[kind]})}", flush=True)
    reached = {kind: mean_and_error([r[1] for r in rounds]) for kind, rounds in results.items()}
    ours, error = reached.pop("elbo")
    best = max(reached, key=lambda kind: reached[kind][0])
    behind, errors = reached[best][0] - ours, math.hypot(error, reached[best][1])
    is_behind = behind > PATIENCE * errors
    print(f"elbo's test elbo is {abs(behind):.2f} {'behind' if behind > 0 else 'ahead of'} the best peer's ({PEERS[best]}), standard error {errors:.2f}"
          f"{': behind by more than ' + str(PATIENCE) if is_behind else ''}", flush=True)
    return is_behind


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elbo", default="build/bin/elbo")
    parser.add_argument("--pythae", help="a copy of its repository")
    parser.add_argument("--mnist", type=lambda folder: pathlib.Path(folder).resolve(), help="MNIST's files, instead of Fashion-MNIST")
    parser.add_argument("--models", type=lambda names: names.split(","), default=list(MODELS))
    parser.add_argument("--peers", type=lambda names: names.split(","), default=list(dict.fromkeys(kind for kind, _ in PEERS)))
    parser.add_argument("--images", type=int, default=20000)
    parser.add_argument("--tests", type=int, default=10000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()

    environment = {k: v for k, v in os.environ.items() if k not in FORCING} | ONE_THREAD
    program = str(pathlib.Path(given.elbo).resolve())
    with tempfile.TemporaryDirectory() as folder:
        write_subset(given.mnist or FASHION, given.images, given.tests, pathlib.Path(folder))
        behind = [model for model in given.models if compare(model, program, folder, given, environment)]
    if not given.pythae:
        print("without pythae: no --pythae FOLDER was given")
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
