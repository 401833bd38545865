"""Each rule of rules.py notices the breach it is there for, and is quiet about a sound tree."""
import tempfile
import unittest
from pathlib import Path

import rules


class Rules(unittest.TestCase):
    def breaches(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return rules.breaches(root)

    def assert_one(self, files, *words):
        found = self.breaches(files)
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_sound_tree(self):
        self.assertEqual([], self.breaches({
            "README.md": "# Title here\n[a](docs/a.md#why-so) [b](#title-here) [c](https://example.org/home/x)\n",
            "docs/a.md": "## Why so?\n",
            "framework/plan/a.cpp": "#include <elbo/error.hpp>\n",
            "framework/sdk/include/elbo/error.hpp": "#pragma once\n",
            "framework/train/a.cpp": "#include <torch/torch.h>\n",
            "build/a.cpp": "/ho" + "me/someone\n"}))

    def test_torch_on_the_front_side(self):
        self.assert_one({"framework/cli/run.cpp": "#include <ATen/ATen.h>\n"}, "cli/run.cpp", "ATen/ATen.h")

    def test_torch_through_other_headers(self):
        self.assert_one({
            "framework/cli/run.cpp": '#include "objective/terms.hpp"\n',
            "framework/objective/terms.hpp": "#pragma once\n#include <elbo/tensor.hpp>\n",
            "framework/sdk/include/elbo/tensor.hpp": "#pragma once\n#include <ATen/core/Tensor.h>\n"},
            "cli/run.cpp -> framework/objective/terms.hpp -> framework/sdk/include/elbo/tensor.hpp -> ATen/core/Tensor.h")

    def test_an_include_from_a_library_that_is_not_linked(self):
        way = "elbo_library(data LINK elbo_base)\nelbo_library(log LINK elbo_base)\nelbo_library(plan LINK elbo_data)\nelbo_library(cli LINK elbo_plan)\n"
        files = {"framework/CMakeLists.txt": way,
                 "framework/data/b.hpp": "#pragma once\n",
                 "framework/log/a.hpp": "#pragma once\n",
                 "framework/plan/run.hpp": '#pragma once\n#include "data/b.hpp"\n',
                 "framework/cli/run.cpp": '#include "plan/run.hpp"\n#include "data/b.hpp"\n'}
        self.assertEqual([], self.breaches(files))
        self.assert_one(files | {"framework/data/a.hpp": '#pragma once\n#include "plan/run.hpp"\n'}, "data/a.hpp", "plan/run.hpp")
        self.assert_one(files | {"framework/plan/a.hpp": '#pragma once\n#include "log/a.hpp"\n'}, "plan/a.hpp", "does not link that of log")

    def test_two_files_that_include_each_other(self):
        files = {"framework/data/a.hpp": '#pragma once\n', "framework/data/a.cpp": '#include "data/a.hpp"\n#include "data/b.hpp"\n',
                 "framework/data/b.hpp": '#pragma once\n'}
        self.assertEqual([], self.breaches(files))
        self.assert_one(files | {"framework/data/b.cpp": '#include "data/a.hpp"\n'}, "framework/data/a", "framework/data/b")

    def test_a_map_in_another_order(self):
        way = "elbo_library(data LINK elbo_base)\nelbo_library(plan LINK elbo_data)\n"
        files = {"framework/CMakeLists.txt": way, "framework/data/a.cpp": "", "framework/plan/a.cpp": ""}
        row = "| `framework/` | %s |\n"
        self.assertEqual([], self.breaches(files | {"CONTRIBUTING.md": row % "first `data`, then `plan`"}))
        self.assert_one(files | {"CONTRIBUTING.md": row % "`plan`, `data`"}, "CONTRIBUTING.md:1", "expected the order of CMake: data, plan")
        self.assert_one(files | {"CONTRIBUTING.md": row % "`data`"}, "CONTRIBUTING.md:1")

    def test_a_library_that_links_a_later_one(self):
        way = "elbo_library(data LINK elbo_plan)\nelbo_library(plan LINK elbo_base)\n"
        self.assert_one({"framework/CMakeLists.txt": way, "framework/data/a.cpp": "", "framework/plan/a.cpp": ""}, "data links plan")

    def test_the_host_outside_of_its_namespace(self):
        self.assertEqual([], self.breaches({"framework/data/a.cpp": "namespace elbo::host::data {\nnamespace readers {\n",
                                            "framework/sdk/src/a.cpp": "namespace elbo {\n"}))
        self.assert_one({"framework/data/a.cpp": "#include <map>\nnamespace elbo::data {\n"}, "data/a.cpp:2", "namespace elbo::data")

    def test_a_crowded_folder(self):
        self.assert_one({f"framework/data/{i}.cpp": "" for i in range(29)}, "framework/data: 29 sources")

    def test_an_installed_header_of_the_hosts_own(self):
        sdk = "framework/sdk/include/elbo/"
        files = {sdk + "sdk.hpp": "// All, but elbo/rare.hpp.\n#pragma once\n#include <elbo/a.hpp>\n",
                 sdk + "a.hpp": "#pragma once\n#include <elbo/b.hpp>\n", sdk + "b.hpp": "#pragma once\n", sdk + "rare.hpp": "#pragma once\n"}
        self.assertEqual([], self.breaches(files))
        self.assert_one(files | {sdk + "page.hpp": "#pragma once\n"}, "elbo/page.hpp", "framework/sdk/src")
        self.assert_one(files | {sdk + "b.hpp": '#pragma once\n#include "sdk/src/page.hpp"\n'}, "elbo/b.hpp", "not installed")

    def test_a_library_called_beside_its_layer(self):
        self.assert_one({"framework/data/a.cpp": "#include <hdf5.h>\n"}, "data/a.cpp", "framework/hdf5/")
        self.assert_one({"framework/data/a.cpp": "if (::fork() == 0) work();\n"}, "data/a.cpp:1", "base/process")
        self.assertEqual([], self.breaches({"framework/hdf5/a.cpp": "#include <hdf5.h>\n", "framework/cli/verbs.cpp": "#include <png.h>\n",
                                            "framework/train/a.cpp": 'Rng own = rng.fork("a");\n'}))

    def test_data_loaded_without_the_plan(self):
        load = "auto x = data::load(data::description_of(c), c);\n"
        self.assert_one({"framework/worker/a.cpp": load}, "worker/a.cpp:1", "load_planned")
        self.assertEqual([], self.breaches({"framework/cli/verbs/data.cpp": load, "tests/a_test.cpp": load}))

    def test_long_file(self):
        self.assert_one({"plugins/prior/a.cpp": "\n" * 321}, "321 lines")

    def test_header_without_guard(self):
        self.assert_one({"framework/base/a.hpp": "int a();\n"}, "#pragma once")

    def test_unfinished(self):
        self.assert_one({"docs/a.md": "one\n" + "TO" + "DO later\n"}, "docs/a.md:2")

    def test_machine_paths(self):
        for place in ("/home", "/root", "/work"):
            self.assert_one({"docs/a.md": f"see {place}" + "/someone\n"}, "docs/a.md:1", place)

    def test_broken_links(self):
        self.assert_one({"README.md": "\n[a](docs/missing.md)\n"}, "README.md:2", "docs/missing.md")
        self.assert_one({"README.md": '<img src="a.png">\n'}, "a.png")
        self.assert_one({"README.md": "# One\n[a](#two)\n"}, "#two")

    def test_plugins_named_by_the_host(self):
        shipped = {"plugins/likelihood/gaussian.cpp": "", "plugins/likelihood/beta.cpp": "", "plugins/decoder/conv.cpp": ""}
        for literal in ('"gaussian"', '"likelihood:gaussian"', '"choose gaussian or"', '"likelihood:beta"', 'R"(a conv)"'):
            self.assert_one({**shipped, "framework/data/a.cpp": f"bool b = name == {literal};\n"}, "framework/data/a.cpp:1", "names the plugin")
        self.assert_one({**shipped, "framework/page/web/a.js": "if (name === 'gaussian') f();\n"}, "a.js:1")
        self.assertEqual([], self.breaches({**shipped, "framework/sdk/src/a.cpp": '"gaussian"\n', "framework/data/a.cpp":
                                            '#include "gaussians.hpp"\n// "gaussian"\nauto a = "beta", b = "gaussian_mix", c = "gaussian()";\n'}))

    def test_promises(self):
        page = "| what | promise | Test |\n| --- | --- | --- |\n| kill | lives | {} |\n"
        test = {"tests/robust/a_test.cpp": "TEST_F(Resume, AfterAKill) {\n"}
        for proof in ("`Resume.AfterAKill`", "`Resume.*`"):
            self.assertEqual([], self.breaches({"docs/promises.md": page.format(proof), **test}))
        for proof in ("`Resume.Gone`", "`Files.*`", "surely"):
            self.assert_one({"docs/promises.md": page.format(proof), **test}, "docs/promises.md:3")


unittest.main()
