#!/usr/bin/env python3
"""elbo beside Python: the same model, data and number of steps on one thread, in alternating rounds.

    /usr/bin/python3 tests/benchmarks/peers/peers.py [--elbo build/bin/elbo] [--pythae FOLDER] [--mnist FOLDER] [--images 20000]
        [--epochs 5] [--rounds 3]

Needs python3-torch, python3-torchvision, python3-h5py and dataset-fashion-mnist (or a folder named mnist with the four files of MNIST); pythae also python3-pydantic and a copy of its
repository (github.com/clementchadebec/benchmark_VAE). Model: 784-500-20-500-784, tanh, Bernoulli on images that are binarised
anew at each showing, batch 100, Adam 1e-3. Prints images per second of training, the ratio to elbo in the same round, and the
test elbo, so that speed was not bought with learning. The peers are in in_python.py.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

FORCING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NVPL_BLAS_DEBUG_CPU_TYPE", "ATEN_CPU_CAPABILITY", "DNNL_MAX_CPU_ISA")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
FASHION = "/usr/share/datasets/fashion-mnist"
PEERS = {"textbook": "Python, torchvision and DataLoader", "dataset": "Python, TensorDataset and DataLoader",
         "tuned": "Python, in memory, torch.optim.Adam", "flat": "Python, in memory, flat Adam", "pythae": "pythae's trainer"}

EXPERIMENT = """name = "peers"
latent_dim = 20
dataset = {{ name = "{dataset}", observe = "binary", train = {images}, test = 2000 }}
encoder = {{ plugin = "mlp", hidden = [500] }}
decoder = {{ plugin = "mlp", hidden = [500] }}
prior = {{ plugin = "standard_normal" }}
likelihood = {{ plugin = "bernoulli" }}
train = {{ max_epochs = {epochs}, batch_size = 100, test_every = {epochs} }}
evaluate = {{ importance_samples = 0 }}
log = {{ images = 0, latents = 0 }}
"""


def measured(command, environment, folder):
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"peers: {' '.join(map(str, command))} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def train_elbo(program, given, environment):
    import h5py
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "peers.toml").write_text(
            EXPERIMENT.format(images=given.images, epochs=given.epochs, dataset="mnist" if given.mnist else "fashion_mnist"))
        measured([program, "run", "peers.toml", "--jobs", "1", "--out", "out"], environment, folder)
        with h5py.File(next(pathlib.Path(folder, "out").rglob("log.h5"))) as log:
            summary = log["summary"]
            value = lambda name: float(summary.attrs[name] if name in summary.attrs else summary[name][()])
            return value("images_per_second"), value("elbo")


def train_peer(kind, given, environment):
    """Images per second, test elbo, the BLAS that Python's torch loaded."""
    peers = pathlib.Path(__file__).with_name("in_python.py").resolve()
    command = [sys.executable, peers, kind, str(given.images), str(given.epochs), given.mnist or FASHION]
    if kind == "pythae":
        command.append(pathlib.Path(given.pythae).resolve())
    with tempfile.TemporaryDirectory() as folder:
        speed, elbo, blas = measured(command, environment, folder).splitlines()[-1].split("\t")
    return float(speed), float(elbo), blas


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elbo", default="build/bin/elbo")
    parser.add_argument("--pythae", help="a copy of its repository")
    parser.add_argument("--mnist", type=lambda folder: pathlib.Path(folder).resolve(), help="MNIST's files, instead of Fashion-MNIST")
    parser.add_argument("--images", type=int, default=20000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()

    environment = {k: v for k, v in os.environ.items() if k not in FORCING} | ONE_THREAD
    if given.mnist:
        environment["ELBO_DATA"] = str(given.mnist.parent)
    program = str(pathlib.Path(given.elbo).resolve())
    kinds = [kind for kind in PEERS if kind != "pythae" or given.pythae]
    results = {kind: [] for kind in ["elbo", *kinds]}
    for _ in range(given.rounds):
        results["elbo"].append(train_elbo(program, given, environment))
        for kind in kinds:
            results[kind].append(train_peer(kind, given, environment))

    print(f"{'':38}{'images/s':>10}{'elbo is faster by':>20}{'test elbo':>12}")
    for kind, rounds in results.items():
        ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in zip(results["elbo"], rounds))
        speed, elbo = (statistics.median(r[i] for r in rounds) for i in (0, 1))
        print(f"{PEERS.get(kind, kind):38}{speed:10.0f}{ratio:20.2f}{elbo:12.2f}")
    print(f"BLAS of Python's torch: {', '.join({r[2] for kind in kinds for r in results[kind]})}")
    if not given.pythae:
        print("without pythae: no --pythae FOLDER was given")


main()
