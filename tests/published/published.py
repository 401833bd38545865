#!/usr/bin/env python3
"""Trains the experiments of experiments/published and compares what they reach with what was published.

    published.py ELBO EXPERIMENTS NAME...

A figure is reproduced when ours is no more than half a nat below it. Takes from minutes to days each, so that it does nothing (exit code
77) unless ELBO_PUBLISHED is set. Results go to $ELBO_PUBLISHED, where a run that was interrupted goes on.
"""
import csv
import os
import pathlib
import subprocess
import sys

FIGURES = {
    "altosaar_static_mnist": {"elbo": -103.31, "log_px": -97.10},
    "pythae_static_mnist": {"log_px": -89.78},
    "burda_iwae_1": {"log_px": -86.76},
}
MARGIN = 0.5  # nat


def reached(program, experiment, folder):
    subprocess.run([program, "run", experiment, "--out", folder], check=True)
    said = subprocess.run([program, "compare", folder, "--format", "csv"], check=True, capture_output=True, text=True).stdout
    return next(csv.DictReader(said.splitlines()))


def main():
    if not os.environ.get("ELBO_PUBLISHED"):
        print("ELBO_PUBLISHED names no folder for the results; these take a night")
        return 77
    program, experiments, *names = sys.argv[1:]
    behind = 0
    for name in names:
        row = reached(program, pathlib.Path(experiments, f"{name}.toml"), pathlib.Path(os.environ["ELBO_PUBLISHED"], name))
        for value, published in FIGURES[name].items():
            ours = float(row[f"{value} [nat]"])
            behind += ours < published - MARGIN
            print(f"{name}: {value} published {published:.2f}, ours {ours:.2f} nat")
    return 1 if behind else 0


sys.exit(main())
