"""The command lines that the pages show: each names a verb that there is, and options that its help has."""
import pathlib
import re
import subprocess
import sys
import unittest

elbo, source = sys.argv[1], pathlib.Path(sys.argv[2])
PAGES = [source / "README.md", source / "CONTRIBUTING.md",
         *(page for folder in ("docs", "datasets", "experiments", "templates") for page in source.glob(f"{folder}/**/*.md"))]


def said(*words):
    return subprocess.run([elbo, *words], check=True, capture_output=True, text=True).stdout


def commands(text):
    """Lines of code that begin with the program, and the program between backticks within a line."""
    joined = text.replace("\\\n", " ")
    blocks = "".join(re.findall(r"^```(?:sh)?\n(.*?)^```$", joined, re.MULTILINE | re.DOTALL))
    lines = re.findall(r"^elbo ([a-z].+)$", blocks, re.MULTILINE) + re.findall(r"^    elbo ([a-z].+)$", joined, re.MULTILINE)
    return lines + re.findall(r"`elbo ([a-z][^`]*)`", joined)


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        verbs = re.findall(r"^  ([a-z]+) ", said("--help").split("examples:")[0], re.MULTILINE)
        cls.help = {verb: said(verb, "--help") for verb in verbs}
        cls.help["work"] = ""  # for jobs, not for people

    def test_every_verb_says_what_it_takes(self):
        self.assertGreater(len(self.help), 20)
        for verb, text in self.help.items():
            self.assertIn("" if verb == "work" else f"elbo {verb}", text)

    def test_every_command_is_one_that_the_program_knows(self):
        number = 0
        for page in PAGES:
            for command in commands(page.read_text()):
                number += 1
                with self.subTest(page=page.relative_to(source).as_posix(), command=command):
                    line = command.split("  ")[0].split(" #")[0]
                    for verb in line.split()[0].split("|"):
                        self.assertIn(verb, self.help)
                        for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", line):
                            self.assertRegex(self.help[verb], re.escape(option) + r"(?![a-z-])")
        self.assertGreater(number, 100)


unittest.main(argv=sys.argv[:1])
