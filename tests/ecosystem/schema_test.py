"""What `elbo schema` prints, through another program's eyes: all experiments of the tree are valid by it, mistakes are not."""
import json
import pathlib
import subprocess
import sys
import tomllib
import unittest

import jsonschema

elbo, source = sys.argv[1], pathlib.Path(sys.argv[2])
SCHEMA = json.loads(subprocess.run([elbo, "schema"], check=True, capture_output=True, text=True).stdout)
GOOD = """
latent_dim = 2
dataset = { name = "bars", observe = "binary" }
encoder = { plugin = "mlp", hidden = [8] }
decoder = { plugin = "mlp" }
prior = { plugin = "standard_normal" }
likelihood = { plugin = "gaussian", scale = "fixed" }
"""


def faults(text):
    return faults_of(tomllib.loads(text))


def faults_of(experiment):
    """The places of the mistakes, as a.b.c, and what is said of them."""
    found = jsonschema.Draft7Validator(SCHEMA).iter_errors(experiment)
    return {".".join(str(part) for part in fault.absolute_path): fault.message for fault in found}


class Schema(unittest.TestCase):
    def test_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)

    def test_every_experiment_is_valid(self):
        files = [*source.glob("experiments/**/*.toml"), *source.glob("templates/*/compare.toml")]
        self.assertGreater(len(files), 8)
        for file in files:
            text = file.read_text().replace('{ plugin = "my_plugin",', "{")  # a library by its path
            self.assertEqual(faults(text), {}, file)

    def test_the_examples_of_the_pages_are_valid(self):
        """Sections alone are so within a whole experiment."""
        blocks = [(page.name, block.split("```")[0])
                  for page in source.glob("docs/*.md") for block in page.read_text().split("```toml\n")[1:]]
        self.assertGreater(len(blocks), 4)
        for page, block in blocks:
            given = tomllib.loads(block)
            whole = given if "latent_dim" in given else {**tomllib.loads(GOOD), **given}
            self.assertEqual(faults_of(whole), {}, page + block)

    def expect(self, text, place, *words):
        found = faults(text)
        self.assertEqual(list(found), [place], text)
        for word in words:
            self.assertIn(word, found[place])

    def test_mistakes_are_found_where_they_are(self):
        self.assertEqual(faults(GOOD), {})
        self.expect(GOOD + "latent_dims = 3", "", "latent_dims")
        self.expect(GOOD + "train = { max_epoch = 3 }", "train", "max_epoch")
        self.expect(GOOD + "train = { max_epochs = 0 }", "train.max_epochs", "minimum")
        self.expect(GOOD + "train = { max_epochs = \"3\" }", "train.max_epochs", "integer")
        self.expect(GOOD + "train = { optimizer = { name = \"adan\" } }", "train.optimizer.name", "adan")
        self.expect(GOOD + "seeds = [1, -1]", "seeds.1", "minimum")
        self.expect(GOOD + "[[variant]]\nlatent_dim = 3", "variant.0", "name")
        self.expect(GOOD + "[[variant]]\nname = \"a\"\nlatent_dims = 3", "variant.0", "latent_dims")
        self.expect(GOOD + "[sweep]\n\"train.optimizer.l\" = [1]", "sweep", "train.optimizer.l")
        self.expect(GOOD + "[sweep]\nlatent_dim = [0]", "sweep.latent_dim.0", "minimum")

    def test_names_of_data_sets(self):
        self.expect(GOOD.replace('"bars"', '"bar"'), "dataset.name", "bar")
        self.assertEqual(faults(GOOD.replace('name = "bars"', 'path = "x.npy", format = "npy"')), {})

    def test_mistakes_in_plugins(self):
        gaussian = 'likelihood = { plugin = "gaussian", scale = "fixed" }'
        self.expect(GOOD.replace('"gaussian"', '"gausian"'), "likelihood.plugin", "gausian")
        self.expect(GOOD.replace("scale = ", "scal = "), "likelihood", "scal")
        self.expect(GOOD.replace("\"fixed\"", "\"fix\""), "likelihood.scale", "fix")
        self.assertEqual(faults(GOOD.replace(gaussian, 'likelihood = { path = "x.so", any = 3 }')), {})
        self.expect(GOOD.replace("[8]", "[0]"), "encoder.hidden.0", "minimum")

    def test_likelihoods_within_a_likelihood(self):
        composite = 'likelihood = { plugin = "composite", columns = { "a, b" = "poisson" }, rest = { plugin = "gaussian" } }'
        gaussian = 'likelihood = { plugin = "gaussian", scale = "fixed" }'
        self.assertEqual(faults(GOOD.replace(gaussian, composite)), {})
        self.expect(GOOD.replace(gaussian, composite.replace('"poisson"', "3")), "likelihood.columns.a, b", "3")
        self.expect(GOOD.replace(gaussian, composite.replace("rest", "others")), "likelihood", "others")

    def test_a_variant_may_change_an_option_without_naming_the_plugin(self):
        self.assertEqual(faults(GOOD + '[[variant]]\nname = "a"\nlikelihood = { scale = "shared" }'), {})
        self.expect(GOOD + '[[variant]]\nname = "a"\nlikelihood = { scal = "shared" }', "variant.0.likelihood", "scal")


unittest.main(argv=sys.argv[:1])
