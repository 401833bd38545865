"""The Python of docs/hdf5-log.md runs as it is printed there, and draws."""
import contextlib
import pathlib
import re
import sys
import types

import support


class Recorder(types.ModuleType):
    """Stands in for matplotlib.pyplot where that is not installed: takes what is drawn and writes a file."""

    def __init__(self):
        super().__init__("matplotlib.pyplot")
        self.drawn = []

    def __getattr__(self, name):
        return lambda *values, **options: self.drawn.append((name, values))

    def savefig(self, name):
        assert self.drawn, "nothing was drawn"
        self.drawn.clear()
        pathlib.Path(name).write_text("drawn")


def provide_pyplot():
    try:
        import matplotlib.pyplot  # noqa: F401
    except ModuleNotFoundError:
        matplotlib = types.ModuleType("matplotlib")
        matplotlib.pyplot = Recorder()
        sys.modules.update({"matplotlib": matplotlib, "matplotlib.pyplot": matplotlib.pyplot})


class Documented(support.LogTest):
    def test_every_block_runs_and_draws(self):
        page = pathlib.Path(support.source, "docs", "hdf5-log.md").read_text()
        blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        self.assertGreaterEqual(len(blocks), 2)
        self.write(3)
        provide_pyplot()
        for number, block in enumerate(blocks):
            before = set(self.folder.glob("*.png"))
            with contextlib.chdir(self.folder):
                exec(compile(block, f"hdf5-log.md block {number}", "exec"), {})
            new = set(self.folder.glob("*.png")) - before
            self.assertEqual(len(new), 1, block)
            self.assertGreater(new.pop().stat().st_size, 0)


support.main()
