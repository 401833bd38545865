"""`elbo recover` as a user calls it."""
import subprocess

import h5py
import support


class Recover(support.LogTest):
    def recover(self, *files):
        return subprocess.run([support.elbo, "recover", *map(str, files)], capture_output=True, text=True)

    def test_a_killed_log_opens_again(self):
        self.stop(self.start(pause_ms=0))
        with self.assertRaises(OSError):
            h5py.File(self.file, "r")
        answer = self.recover(self.file)
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        with h5py.File(self.file, "r") as file:
            self.assertEqual(file.attrs["status"], "killed")
            epochs = len(file["train/epoch"])
        self.assertRegex(answer.stdout, rf'log.h5: repaired; it holds {epochs} epochs?; status is now "killed"\n')
        self.assertIn("needs no repair", self.recover(self.file).stdout)

    def test_one_bad_file_does_not_stop_the_others(self):
        self.write(2)
        (self.folder / "notes.txt").write_text("not a log")
        answer = self.recover(self.folder / "notes.txt", self.folder / "none.h5", self.file)
        self.assertEqual(answer.returncode, 2)
        self.assertIn("notes.txt: is not an HDF5 file; expected the log of an elbo run\n", answer.stderr)
        self.assertIn("none.h5: there is no such file", answer.stderr)
        self.assertIn('log.h5: needs no repair; it holds 2 epochs; status is "completed"\n', answer.stdout)

    def test_a_running_log_is_left_alone(self):
        self.start(pause_ms=2)
        answer = self.recover(self.file)
        self.assertEqual(answer.returncode, 2)
        self.assertIn("is being written by another process", answer.stderr)

    def test_without_a_file_it_says_what_it_wants(self):
        self.assertEqual(self.recover().returncode, 2)
        self.assertIn("usage: elbo recover FILE...", self.recover("--help").stdout)


support.main()
