"""A complete log as the netCDF library itself reads it."""
import h5py
import netCDF4
import numpy as np
import subprocess

import support
import xarray


def groups_of(group):
    yield group
    for child in group.groups.values():
        yield from groups_of(child)


class NetCdf(support.LogTest):
    def test_every_group_opens_with_names_units_and_coordinates(self):
        self.write(4)
        with h5py.File(self.file) as file:
            expected = {"/"} | {"/" + name for name in [*file, "provenance/plugins"]}
        with netCDF4.Dataset(self.file) as root:
            self.assertIn("elbo-run-1", root.Conventions)
            self.assertEqual({group.path for group in groups_of(root)}, expected)
            for group in groups_of(root):
                for name, variable in group.variables.items():
                    self.assertTrue(variable.long_name, name)
                    if variable.dtype is not str and variable.dtype.kind != "S":
                        self.assertTrue(variable.units, f"{group.path}/{name}")
                    for dimension in variable.dimensions:
                        self.assertIn(dimension, group.dimensions, f"{group.path}/{name}")
            train = root["train"]
            self.assertEqual(train["kl_per_dim"].dimensions, ("epoch", "latent"))
            np.testing.assert_array_equal(train["epoch"][:], [1, 2, 3, 4])
            np.testing.assert_array_equal(train["elbo"][:], [-100 - 1 / e for e in (1, 2, 3, 4)])
            self.assertEqual(root["images"]["samples"][-1].shape, (8, 12))


class Results(support.LogTest):
    def test_lists_of_texts_are_read_by_every_library(self):
        file = self.folder / "results.h5"
        subprocess.run([support.writer, "--results", file], check=True)
        names = ["short", "a longer name, café"]
        with netCDF4.Dataset(file) as root:
            self.assertEqual(list(root["runs"]["variant"][:]), names)
            self.assertEqual(list(root["summary"]["measure"][:]), ["mass on {0,1}", ""])
        with h5py.File(file) as root:
            self.assertEqual(list(root["runs/variant"].asstr()[:]), names)
        for engine in ("netcdf4", "h5netcdf"):
            for group in ("runs", "summary"):
                with xarray.open_dataset(file, group=group, engine=engine) as dataset:
                    self.assertEqual(dataset.sizes["run"], 2, (engine, group))
                    if group == "runs":
                        self.assertEqual([str(name) for name in dataset["variant"].values], names)


support.main()
