"""What `elbo export` and `elbo show` make of a log, read by other programs or by the formats' own rules."""
import csv
import struct
import subprocess

import h5py
import numpy as np
import support


def crc32c(data):
    """Bit by bit, from the polynomial alone (RFC 3720, appendix B.4: 32 bytes of zeros give 8a9136aa)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def unmask(masked):
    rotated = masked - 0xA282EAD8 & 0xFFFFFFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFFFFFF


def records(data):
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert unmask(struct.unpack("<I", data[8:12])[0]) == crc32c(data[:8])
        message = data[12:12 + length]
        assert unmask(struct.unpack("<I", data[12 + length:16 + length])[0]) == crc32c(message)
        yield message
        data = data[16 + length:]


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """{number: [value, ...]} of a protobuf message, by the wire format alone."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = struct.unpack("<d", data[at:at + 8])[0], at + 8
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif kind == 5:
            value, at = struct.unpack("<f", data[at:at + 4])[0], at + 4
        else:
            raise AssertionError(f"wire type {kind}")
        found.setdefault(key >> 3, []).append(value)
    return found


class Export(support.LogTest):
    def setUp(self):
        super().setUp()
        self.write(4)

    def elbo(self, *words, code=0):
        said = subprocess.run([support.elbo, *map(str, words)], capture_output=True, text=True)
        self.assertEqual(said.returncode, code, said.stderr)
        return said

    def test_npz_has_every_array_as_the_log_has_it(self):
        out = self.folder / "run.npz"
        self.elbo("export", self.file, "--npz", out)
        with np.load(out) as arrays, h5py.File(self.file) as file:
            self.assertGreater(len(arrays.files), 20)
            for name in arrays.files:
                np.testing.assert_array_equal(arrays[name], file[name][()], name)
                self.assertEqual(arrays[name].dtype, file[name].dtype, name)
            for name in ("train/elbo", "test/kl_per_dim", "latents/mean", "images/samples", "per_example/elbo", "summary/elbo"):
                self.assertIn(name, arrays.files)
        once = out.read_bytes()
        self.elbo("export", self.file, "--npz", out)
        self.assertEqual(out.read_bytes(), once)

    def test_npz_does_not_replace_another_run_or_file(self):
        out = self.folder / "run.npz"
        self.elbo("export", self.file, "--npz", out)
        other = self.folder / "other.h5"
        other.write_bytes(self.file.read_bytes())  # without a plan, the name of the file stands for the run
        once = out.read_bytes()
        said = self.elbo("export", other, "--npz", out, code=2).stderr
        self.assertIn("run.npz: holds the export of " + self.file.stem, said)
        self.assertIn("expected the export of other", said)
        self.assertEqual(out.read_bytes(), once)
        out.write_bytes(b"mine")
        self.assertIn("is no export of a run", self.elbo("export", self.file, "--npz", out, code=2).stderr)
        self.assertEqual(out.read_bytes(), b"mine")

    def test_csv_has_headings_with_units_and_empty_fields_for_nan(self):
        self.elbo("export", self.file, "--csv", self.folder / "tables")
        (tables,) = (self.folder / "tables").iterdir()
        with open(tables / "train.csv", newline="") as text:
            rows = list(csv.DictReader(text))
        self.assertEqual([row["epoch"] for row in rows], ["1", "2", "3", "4"])
        self.assertEqual(float(rows[1]["elbo [nat]"]), -100.5)
        self.assertEqual(float(rows[2]["kl_per_dim [nat] 1"]), 1.5)
        with open(tables / "per_example.csv", newline="") as text:
            rows = list(csv.DictReader(text))
        with h5py.File(self.file) as file:
            for name, dataset in file["per_example"].items():
                if name == "sample":
                    continue
                column = [float(row[name + " [nat]"] or "nan") for row in rows]
                np.testing.assert_array_equal(column, dataset[()])
        self.assertTrue((tables / "summary.csv").read_text().startswith("name,value,units,meaning\n"))

    def test_tensorboard_reads_the_events(self):
        self.elbo("export", self.file, "--tensorboard", self.folder / "board")
        (file,) = (self.folder / "board").glob("*/events.out.tfevents.*")
        self.assertEqual(crc32c(bytes(32)), 0x8A9136AA)
        messages = [fields(message) for message in records(file.read_bytes())]
        self.assertEqual(messages[0][3], [b"brain.Event:2"])
        scalars, images, histograms = {}, {}, {}
        for message in messages[1:]:
            (step,), ((value,),) = message[2], [fields(s)[1] for s in message[5]]
            value = fields(value)
            tag = value[1][0].decode()
            if 2 in value:
                scalars.setdefault(tag, {})[step] = value[2][0]
            elif 4 in value:
                images.setdefault(tag, {})[step] = fields(value[4][0])
            else:
                histograms.setdefault(tag, {})[step] = fields(value[5][0])
        self.assertEqual(scalars["train/elbo"], {e: np.float32(-100 - 1 / e) for e in (1, 2, 3, 4)})
        self.assertEqual((images["samples"][4][1], images["samples"][4][2]), ([8], [12]))
        self.assertTrue(images["samples"][4][4][0].startswith(b"\x89PNG"))
        limits = np.frombuffer(histograms["train/kl_per_dim"][3][6][0])
        np.testing.assert_array_equal(limits, [0.75, 1.5, 3])

    def test_tensorboard_appends_what_a_log_has_got(self):
        """A TensorBoard that has the file open reads on in it, and would not see one in its place."""
        self.write(2)
        self.elbo("export", self.file, "--tensorboard", self.folder / "board")
        (file,) = (self.folder / "board").glob("*/events.out.tfevents.*")
        before, inode = file.read_bytes(), file.stat().st_ino
        self.write(4)
        self.elbo("export", self.file, "--tensorboard", self.folder / "board")
        after = file.read_bytes()
        self.assertTrue(after.startswith(before) and len(after) > len(before))
        self.assertEqual(file.stat().st_ino, inode)
        steps = [fields(message)[2][0] for message in list(records(after))[1:]]
        self.assertEqual(steps, sorted(steps))
        self.elbo("export", self.file, "--tensorboard", self.folder / "fresh")
        (fresh,) = (self.folder / "fresh").glob("*/events.out.tfevents.*")
        self.assertEqual(fresh.read_bytes(), after)

    def test_mlflow_has_a_log_without_a_plan_by_its_title(self):
        self.elbo("export", self.file, "--mlflow", self.folder / "mlruns")
        (experiment,) = (self.folder / "mlruns").iterdir()
        (run,) = (path for path in experiment.iterdir() if path.is_dir())
        lines = [line.split(" ") for line in (run / "metrics" / "train" / "elbo").read_text().splitlines()]
        self.assertEqual([int(line[2]) for line in lines], [1, 2, 3, 4])
        self.assertEqual([float(line[1]) for line in lines], [-100 - 1 / e for e in (1, 2, 3, 4)])
        self.assertTrue(all(len(line) == 3 and int(line[0]) >= 0 for line in lines))

    def test_a_second_run_in_the_same_folder_leaves_the_first(self):
        other = self.folder / "other.h5"
        other.write_bytes(self.file.read_bytes())
        for log in (self.file, other):
            self.elbo("export", log, "--csv", self.folder / "tables", "--tensorboard", self.folder / "board")
        self.assertEqual(len(list((self.folder / "tables").glob("*/train.csv"))), 2)
        self.assertEqual(len(list((self.folder / "board").glob("*/events.out.tfevents.*"))), 2)

    def test_show_prints_the_run(self):
        said = self.elbo("show", self.file, code=1).stdout
        self.assertIn("not ranked: R19", said, "the example does not say what its numbers are about")
        self.assertIn("completed after 4 epochs", said)
        self.assertRegex(said, r"elbo +-101\.5 +nat")
        self.assertRegex(said, r"elbo +\S+ +-101 +-100\.25 +nat")
        self.assertNotIn("\x1b", said, "no colours where nobody looks")

    def test_mistakes_are_one_sentence(self):
        self.assertIn("no format is named", self.elbo("export", self.file, code=2).stderr)
        self.assertIn("no log is named", self.elbo("export", code=2).stderr)
        self.assertIn("there is no run.json beside it", self.elbo("export", self.file, "--torchscript", self.folder, code=2).stderr)
        self.assertIn("there is no such file", self.elbo("show", self.folder / "none.h5", code=2).stderr)
        self.assertIn("No such file or directory", self.elbo("export", self.file, "--npz", "/nowhere/x.npz", code=1).stderr)


support.main()
