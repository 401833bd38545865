"""A log while it is being written."""
import subprocess

import h5py
import numpy as np
import support


class Live(support.LogTest):
    def test_a_reader_sees_rows_grow(self):
        writer = self.start(pause_ms=2)
        with h5py.File(self.file, "r", swmr=True) as file:
            seen = []
            while len(seen) < 5:
                flushed = int(writer.stdout.readline().split()[1])
                epoch, elbo = file["train/epoch"], file["train/elbo"]
                for dataset in (epoch, elbo):
                    dataset.refresh()
                self.assertGreaterEqual(len(epoch), flushed)
                np.testing.assert_array_equal(epoch[:flushed], np.arange(1, flushed + 1))
                np.testing.assert_array_equal(elbo[:flushed], -100 - 1 / np.arange(1, flushed + 1))
                if not seen or len(epoch) > seen[-1]:
                    seen.append(len(epoch))
            self.assertEqual(file.attrs["status"], "running")

    def test_plain_opening_is_refused_while_it_is_written(self):
        self.start(pause_ms=2)
        with self.assertRaises(OSError):
            h5py.File(self.file, "r")

    def test_a_reader_does_not_keep_the_writer_from_finishing(self):
        writer = subprocess.Popen([support.writer, self.file, "40", "5"], stdout=subprocess.PIPE, text=True)
        self.assertEqual(writer.stdout.readline(), "flushed 1\n")
        with h5py.File(self.file, "r", swmr=True) as file:
            writer.stdout.read()
            self.assertEqual(writer.wait(), 0)
            writer.stdout.close()
            epoch = file["train/epoch"]
            epoch.refresh()
            self.assertEqual(len(epoch), 40)
        with h5py.File(self.file, "r") as file:
            self.assertEqual(file.attrs["status"], "completed")


support.main()
