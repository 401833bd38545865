"""A complete log as h5py, xarray (engine h5netcdf) and h5dump see it."""
import subprocess

import h5py
import numpy as np
import support
import xarray

# group: its dimensions with their sizes, for 4 epochs of the example
groups = {
    "train": {"epoch": 4, "latent": 3},
    "test": {"epoch": 4, "latent": 3},
    "steps": {"step": 8},
    "latents": {"snapshot": 4, "sample": 50, "latent": 3},
    "images": {"snapshot": 4, "y": 8, "x": 12},
    "per_example": {"sample": 60},
    "summary": {},
    "config": {},
    "provenance": {},
    "provenance/plugins": {"plugin": 2},
}


class Readers(support.LogTest):
    def setUp(self):
        super().setUp()
        self.write(4)

    def datasets(self, file):
        found = {}
        file.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
        return found

    def test_every_dataset_says_what_it_is(self):
        with h5py.File(self.file) as file:
            found = self.datasets(file)
            self.assertGreater(len(found), 30)
            for name, dataset in found.items():
                self.assertTrue(dataset.attrs["long_name"], name)
                if h5py.check_string_dtype(dataset.dtype) is None:
                    self.assertTrue(dataset.attrs["units"], name)
                self.assertIsInstance(dataset.attrs["long_name"], str)

    def test_every_dimension_has_a_scale_in_the_same_group(self):
        with h5py.File(self.file) as file:
            for name, dataset in self.datasets(file).items():
                if h5py.h5ds.is_scale(dataset.id):
                    continue
                for dim in dataset.dims:
                    self.assertEqual(len(dim), 1, name)
                    self.assertEqual(dim[0].parent, dataset.parent, name)

    def test_the_order_of_creation_is_kept(self):
        with h5py.File(self.file) as file:
            groups = [file[name] for name in ["/", *file] if isinstance(file[name], h5py.Group)]
            for group in groups:
                properties = group.id.get_create_plist()
                self.assertTrue(properties.get_link_creation_order(), group.name)
                self.assertTrue(properties.get_attr_creation_order(), group.name)
            self.assertEqual(list(file.attrs)[:3], ["Conventions", "title", "status"])

    def test_values_are_those_that_were_written(self):
        with h5py.File(self.file) as file:
            np.testing.assert_array_equal(file["train/epoch"], [1, 2, 3, 4])
            np.testing.assert_array_equal(file["train/elbo"], [-100 - 1 / e for e in (1, 2, 3, 4)])
            np.testing.assert_array_equal(file["train/kl_per_dim"][2], [3, 1.5, 0.75])
            np.testing.assert_array_equal(file["latents/label"][:12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
            self.assertEqual(file["config/experiment_toml"][()].decode(), 'name = "example"  # \u00e4\n')
            self.assertEqual(file["provenance/plugins/name"][1], b"gaussian")
            self.assertEqual(file.attrs["status"], "completed")

    def test_scalars_are_raw_and_images_are_written_as_one_chunk(self):
        with h5py.File(self.file) as file:
            self.assertEqual((file["train/elbo"].compression, file["train/elbo"].chunks), (None, (1024,)))
            self.assertEqual((file["latents/mean"].compression, file["latents/mean"].chunks), (None, (1, 50, 3)))
            self.assertEqual((file["images/samples"].compression, file["images/samples"].chunks), ("gzip", (1, 8, 12)))

    def test_viewers_find_the_plot_and_the_pictures(self):
        with h5py.File(self.file) as file:
            self.assertEqual(file.attrs["NX_class"], "NXroot")
            train = file[file.attrs["default"]]
            self.assertEqual(train.attrs["NX_class"], "NXdata")
            for name in [train.attrs["signal"], *train.attrs["axes"], *train.attrs["auxiliary_signals"]]:
                self.assertEqual(train[name].shape, (4,), name)
            for name in ("samples", "reconstructions", "manifold"):
                sheet = file["images/last_" + name]
                self.assertEqual(sheet.attrs["CLASS"], b"IMAGE")
                self.assertEqual(sheet.attrs["IMAGE_VERSION"], b"1.2")
                np.testing.assert_array_equal(sheet, file["images"][name][-1])

    def test_xarray_names_all_dimensions(self):
        with h5py.File(self.file) as file:
            self.assertEqual(set(groups), {n for n in [*file, "provenance/plugins"]})
        for group, sizes in groups.items():
            with xarray.open_dataset(self.file, engine="h5netcdf", group=group) as dataset:
                self.assertEqual(dict(dataset.sizes), sizes, group)
                for name, variable in dataset.variables.items():
                    self.assertIn("long_name", variable.attrs, f"{group}/{name}")
        with xarray.open_dataset(self.file, engine="h5netcdf", group="train") as train:
            self.assertEqual(train.elbo.sel(epoch=2).item(), -100.5)
            self.assertEqual(train.elbo.attrs["units"], "nat")
            self.assertEqual(train.kl_per_dim.dims, ("epoch", "latent"))
        with xarray.open_dataset(self.file, engine="h5netcdf", group="summary") as summary:
            self.assertEqual(summary.elbo.item(), -101.5)
            self.assertEqual(summary.measure.item(), b"counting on 256 levels")
        with xarray.open_dataset(self.file, engine="h5netcdf") as root:
            self.assertEqual(root.attrs["Conventions"], "CF-1.10, elbo-run-1")

    def test_h5dump_reads_all_of_it(self):
        for options in (["-H"], []):
            dump = subprocess.run(["h5dump", *options, self.file], capture_output=True, text=True)
            self.assertEqual(dump.returncode, 0, dump.stderr)
            self.assertEqual(dump.stderr, "")
            self.assertIn('GROUP "per_example"', dump.stdout)


support.main()
