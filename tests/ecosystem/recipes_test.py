"""The Python of docs/reading-results.md, run as it is printed there, on an experiment like the one that the page names."""
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy
import pandas

elbo, source = sys.argv[1], pathlib.Path(sys.argv[2])

EXPERIMENT = """name = "recipes"
seeds = [1, 2]
dataset = { name = "bars", train = 60, test = 20 }
encoder = { plugin = "mlp", hidden = [6] }
decoder = { plugin = "mlp", hidden = [6] }
prior.plugin = "standard_normal"
likelihood.plugin = "bernoulli"
train = { max_epochs = 2, batch_size = 20 }
evaluate = { evidence = "importance", importance_samples = 5 }
log = { latents = 10, images = 4 }
[[variant]]
name = "narrow"
latent_dim = 2
[[variant]]
name = "wide"
latent_dim = 3
"""


class Recipes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name, "out")
        pathlib.Path(cls.scratch.name, "x.toml").write_text(EXPERIMENT)
        subprocess.run([elbo, "run", "x.toml", "--out", "out"], cwd=cls.scratch.name, check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_every_recipe_answers(self):
        page = (source / "docs" / "reading-results.md").read_text()
        recipes = re.findall(r"^## (.+?)\n.*?^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(recipes), 10)
        answers = {}
        for question, recipe in recipes:
            with self.subTest(question), contextlib.chdir(self.folder):
                scope = {}
                exec(compile(recipe, question, "exec"), scope)
                answers[question] = scope["answer"]
                self.assertGreater(len(scope["answer"]), 0)
                self.assertLessEqual(len(recipe.splitlines()), 6)
        self.assertEqual(list(answers["Which variant is better?"]["count"]), [2, 2])
        self.assertEqual(list(answers["How does a number depend on a setting?"].index), [2, 3])
        self.assertEqual(len(answers["What does each test data point get?"]), 20)
        self.assertEqual(len(answers["Which latents are used?"]), 3)

    def test_the_weights_make_the_same_numbers_without_elbo(self):
        page = (source / "docs" / "applying.md").read_text()
        recipe = re.search(r"^## Without elbo\n.*?^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL).group(1)
        run = next(self.folder.glob("wide-seed1-*"))
        subprocess.run([elbo, "reconstruct", str(run), "--count", "10"], check=True, capture_output=True)
        with contextlib.chdir(run):
            scope = {}
            exec(compile(recipe, "applying.md", "exec"), scope)
        with h5py.File(run / "reconstruct.h5") as file:
            numpy.testing.assert_allclose(scope["z"], file["z"][:], atol=1e-5)
            numpy.testing.assert_allclose(scope["mean"], file["mean"][:].reshape(10, -1), atol=1e-5)

    def test_runs_csv_has_typed_columns(self):
        runs = pandas.read_csv(self.folder / "runs.csv")
        self.assertEqual(list(runs.columns[:6]), ["variant", "seed", "folder", "state", "not_ranked", "latent_dim"])
        self.assertEqual(runs["latent_dim"].dtype.kind, "i")
        self.assertEqual(runs["elbo"].dtype.kind, "f")
        self.assertEqual(set(runs["state"]), {"done"})
        for folder in runs["folder"]:
            self.assertTrue((self.folder / folder / "log.h5").exists())


unittest.main(argv=sys.argv[:1])
