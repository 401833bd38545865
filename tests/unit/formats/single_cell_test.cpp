#include "formats/containers/single_cell.hpp"

#include "formats/format.hpp"
#include "hdf5_files.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

using Floats = std::vector<float>;
using Integers = std::vector<int64_t>;

// 0 5 0
// 7 0 9
const Floats cells_by_genes = {0, 5, 0, 7, 0, 9};

void text_attribute(const fs::path& path, const char* object, const char* name, const std::string& text) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate_by_name(file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const char* value = text.c_str();
  H5Awrite(attribute, type, &value);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
  H5Fclose(file);
}

void shape_attribute(const fs::path& path, const char* object, int64_t rows, int64_t columns) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hsize_t two = 2;
  const int64_t shape[] = {rows, columns};
  const hid_t space = H5Screate_simple(1, &two, nullptr);
  const hid_t attribute =
      H5Acreate_by_name(file, object, "shape", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, H5T_NATIVE_INT64, shape);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Fclose(file);
}

struct Sparse {
  std::string form = "csr_matrix";
  Integers starts = {0, 1, 3}, indices = {1, 0, 2};
  Floats values = {5, 7, 9};
};

fs::path sparse_file(const fs::path& path, const Sparse& s) {
  {
    Hdf5Writer file(path);
    file.add("/X/data", H5T_IEEE_F32LE, {s.values.size()}, s.values);
    file.add("/X/indices", H5T_STD_I32LE, {s.indices.size()}, s.indices);
    file.add("/X/indptr", H5T_STD_I32LE, {s.starts.size()}, s.starts);
  }
  text_attribute(path, "/X", "encoding-type", s.form);
  shape_attribute(path, "/X", 2, 3);
  return path;
}

class SingleCell : public ::testing::Test {
 protected:
  Folder folder_;
};

TEST_F(SingleCell, DenseH5adWithCategories) {
  {
    Hdf5Writer file(folder_ / "a.h5ad");
    file.add("/X", H5T_STD_I64LE, {2, 3}, Integers{0, 5, 0, 7, 0, 9});
    file.add("/obs/type/codes", H5T_STD_I8LE, {2}, Integers{1, 0});
    file.add("/obs/depth", H5T_IEEE_F64LE, {2}, std::vector<double>{5, 16});
    file.add("/layers/raw", H5T_STD_I64LE, {1, 1}, Integers{3});
  }
  EXPECT_EQ(test::read("h5ad", folder_ / "a.h5ad", "").shape, (Shape{2, 3}));
  EXPECT_EQ(floats(test::read("h5ad", folder_ / "a.h5ad", "")), cells_by_genes);
  EXPECT_EQ(floats(test::read("h5ad", folder_ / "a.h5ad", "obs/type")), (Floats{1, 0}));
  EXPECT_EQ(floats(test::read("h5ad", folder_ / "a.h5ad", "obs/depth")), (Floats{5, 16}));
  EXPECT_EQ(floats(test::read("h5ad", folder_ / "a.h5ad", "layers/raw")), (Floats{3}));
}

TEST_F(SingleCell, AMissingCategoryIsNoClass) {
  {
    Hdf5Writer file(folder_ / "a.h5ad");
    file.add("/X", H5T_STD_I64LE, {2, 3}, Integers{0, 5, 0, 7, 0, 9});
    file.add("/obs/type/codes", H5T_STD_I8LE, {2}, Integers{1, -1});
  }
  EXPECT_SAYS(refusal([&] { test::read("h5ad", folder_ / "a.h5ad", "obs/type", true); }),
              "obs/type/codes: has no value in 1 of 2 rows; expected a label each");
  EXPECT_SAYS(refusal([] { formats::coded_labels({"a", "", "nan"}, "l.npz:y"); }),
              "l.npz:y: has no value in 2 of 3 rows");
}

TEST_F(SingleCell, SparseH5adByRowsAndByColumns) {
  EXPECT_EQ(floats(test::read("h5ad", sparse_file(folder_ / "r.h5ad", {}), "")), cells_by_genes);
  const Sparse by_columns{.form = "csc_matrix", .starts = {0, 1, 2, 3}, .indices = {1, 0, 1}, .values = {7, 5, 9}};
  const Array columns = test::read("h5ad", sparse_file(folder_ / "c.h5ad", by_columns), "X");
  EXPECT_EQ(columns.shape, (Shape{2, 3}));
  EXPECT_EQ(floats(columns), cells_by_genes);
}

std::string listed(const fs::path& file, const std::string& format) {
  std::string text;
  for (const Part& part : find_format(format)->parts(file))
    text += part.name + " " + part.type + " " + to_string(part.shape) + "\n";
  return text;
}

TEST_F(SingleCell, MatricesAndLabelsAreListed) {
  {
    Hdf5Writer file(folder_ / "a.h5ad");
    file.add("/X", H5T_STD_I64LE, {2, 3}, Integers{0, 5, 0, 7, 0, 9});
    file.add("/layers/raw", H5T_STD_I32LE, {2, 3}, Integers{0, 5, 0, 7, 0, 9});
    file.add("/obs/_index", H5T_STD_I64LE, {2}, Integers{0, 1});
    file.add("/obs/depth", H5T_IEEE_F64LE, {2}, std::vector<double>{5, 16});
    file.add("/obs/type/codes", H5T_STD_I8LE, {2}, Integers{1, 0});
    file.add("/obs/type/categories", H5T_STD_I8LE, {2}, Integers{1, 0});
    file.add("/var/gene", H5T_STD_I8LE, {3}, Integers{1, 0, 2});
  }
  EXPECT_EQ(listed(folder_ / "a.h5ad", "h5ad"),
            "X int64 [2, 3]\nlayers/raw int32 [2, 3]\nobs/depth float64 [2]\nobs/type labels [2]\n");
  EXPECT_EQ(listed(sparse_file(folder_ / "s.h5ad", {}), "h5ad"), "X float32, sparse [2, 3]\n");
  {
    Hdf5Writer file(folder_ / "a.loom");
    file.add("/matrix", H5T_IEEE_F64LE, {3, 2}, std::vector<double>{0, 7, 5, 0, 0, 9});
    file.add("/col_attrs/ClusterID", H5T_STD_I64LE, {2}, Integers{4, 2});
    file.add("/row_attrs/Gene", H5T_STD_I64LE, {3}, Integers{4, 2, 1});
  }
  EXPECT_EQ(listed(folder_ / "a.loom", "loom"), "col_attrs/ClusterID int64 [2]\nmatrix float64 [2, 3]\n");
}

TEST_F(SingleCell, SparseArraysThatDisagreeAreRefused) {
  const auto said = [&](const Sparse& s) {
    return refusal([&] { test::read("h5ad", sparse_file(folder_ / "b.h5ad", s), ""); });
  };
  EXPECT_SAYS(said({.form = "coo_matrix"}), "b.h5ad:X: is stored as 'coo_matrix'; expected an array, a csr_matrix or");
  EXPECT_SAYS(said({.starts = {0, 3}}), "has 2 row starts for 2 rows");
  EXPECT_SAYS(said({.starts = {0, 1, 2}}), "row starts go from 0 to 2 for 3 values");
  EXPECT_SAYS(said({.starts = {0, 5, 3}}), "its row starts fall at row 1");
  EXPECT_SAYS(said({.indices = {1, 0, 3}}), "holds the index 3 for 3 columns");
  EXPECT_SAYS(said({.indices = {1, -1, 2}}), "holds the index -1");
  EXPECT_SAYS(said({.values = {5}}), "has 3 indices for 1 values");
}

TEST_F(SingleCell, AMissingPartIsNamed) {
  EXPECT_SAYS(refusal([&] { test::read("h5ad", sparse_file(folder_ / "r.h5ad", {}), "obs/none"); }),
              "r.h5ad:obs/none: the file has no such dataset");
  EXPECT_SAYS(refusal([&] { test::read("h5ad", write(folder_ / "t.h5ad", "text"), ""); }), "not HDF5");
}

TEST_F(SingleCell, EveryTruncationIsRefused) {
  const std::string whole = slurp(sparse_file(folder_ / "r.h5ad", {}));
  for (size_t length = 0; length < whole.size(); length += 61)
    refusal([&] { test::read("h5ad", write(folder_ / "cut.h5ad", whole.substr(0, length)), ""); });
}

TEST_F(SingleCell, LoomIsTurnedToCellsByGenes) {
  {
    Hdf5Writer file(folder_ / "a.loom");
    file.add("/matrix", H5T_IEEE_F64LE, {3, 2}, std::vector<double>{0, 7, 5, 0, 0, 9});
    file.add("/col_attrs/ClusterID", H5T_STD_I64LE, {2}, Integers{4, 2});
  }
  const Array cells = test::read("loom", folder_ / "a.loom", "");
  EXPECT_EQ(cells.shape, (Shape{2, 3}));
  EXPECT_EQ(floats(cells), cells_by_genes);
  EXPECT_EQ(floats(test::read("loom", folder_ / "a.loom", "col_attrs/ClusterID")), (Floats{4, 2}));
}

TEST_F(SingleCell, TenXInAllItsForms) {
  {
    Hdf5Writer file(folder_ / "a.h5");
    file.add("/matrix/data", H5T_STD_I32LE, {3}, Integers{5, 7, 9});
    file.add("/matrix/indices", H5T_STD_I64LE, {3}, Integers{1, 0, 2});
    file.add("/matrix/indptr", H5T_STD_I64LE, {3}, Integers{0, 1, 3});
    file.add("/matrix/shape", H5T_STD_I32LE, {2}, Integers{3, 2});
  }
  fs::create_directory(folder_ / "mtx");
  write_gzip(folder_ / "mtx/matrix.mtx.gz",
             "%%MatrixMarket matrix coordinate integer general\n3 2 3\n2 1 5\n1 2 7\n3 2 9\n");
  for (const char* name : {"a.h5", "mtx", "mtx/matrix.mtx.gz"}) {
    const Array cells = read_with(*find_format("10x"), {.path = folder_ / name});
    EXPECT_EQ(cells.shape, (Shape{2, 3})) << name;
    EXPECT_EQ(floats(cells), cells_by_genes) << name;
  }
}

}  // namespace
}  // namespace elbo::host::formats
