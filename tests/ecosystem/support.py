"""What the tests share: the programs they are given, a folder for each test, and a log that is complete."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

writer, source, elbo = sys.argv[1:4]


class LogTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "log.h5"

    def write(self, epochs):
        subprocess.run([writer, self.file, str(epochs)], check=True, stdout=subprocess.DEVNULL)

    def start(self, pause_ms):
        """A writer that has flushed at least one epoch and goes on."""
        process = subprocess.Popen([writer, self.file, "1000000", str(pause_ms)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop, process)
        self.assertEqual(process.stdout.readline(), "flushed 1\n")
        return process

    def stop(self, process):
        process.kill()
        process.wait()
        process.stdout.close()


def main():
    unittest.main(argv=sys.argv[:1])
