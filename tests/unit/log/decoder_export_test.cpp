#include "log/decoder_export.hpp"

#include <gtest/gtest.h>

#include "folder.hpp"
#include "log/upkeep/edit.hpp"

namespace elbo::host::log {
namespace {

DecoderExport example() {
  DecoderExport c{.activation = "tanh", .first = 1, .black = -1, .white = 2, .image = {1, 2, 1}};
  c.layers = {{3, 2, {1, 2, 3, 4, 5, 6}, {7, 8, 9}}, {4, 3, std::vector<float>(12, 0.5F), {1, 2, 3, 4}}};
  c.table_raw = {-1, 0, 1};
  c.table_mean = {0.25, 0.5, 0.75};
  c.check_z = {0.5F, -0.5F};
  c.check_mean = {0.125F, 0.25F};
  return c;
}

TEST(DecoderExport, IsReadAsItWasWritten) {
  const Folder folder;
  create_file(folder / "x.h5", [](h5::File& file) { write_decoder_export(file, example()); });
  const auto read = read_decoder_export(h5::File::open(folder / "x.h5", h5::Mode::read));
  ASSERT_TRUE(read);
  const DecoderExport expected = example();
  ASSERT_EQ(read->layers.size(), 2u);
  EXPECT_EQ(read->layers[0].out, 3);
  EXPECT_EQ(read->layers[0].in, 2);
  EXPECT_EQ(read->layers[0].weight, expected.layers[0].weight);
  EXPECT_EQ(read->layers[1].bias, expected.layers[1].bias);
  EXPECT_EQ(read->activation, "tanh");
  EXPECT_EQ(read->first, 1);
  EXPECT_EQ(read->black, -1);
  EXPECT_EQ(read->white, 2);
  EXPECT_EQ(read->table_raw, expected.table_raw);
  EXPECT_EQ(read->table_mean, expected.table_mean);
  EXPECT_EQ(read->image, expected.image);
  EXPECT_EQ(read->check_z, expected.check_z);
  EXPECT_EQ(read->check_mean, expected.check_mean);
}

TEST(DecoderExport, IsNothingWhereALogHasNone) {
  const Folder folder;
  create_file(folder / "x.h5", [](h5::File& file) { file.group("/train"); });
  EXPECT_FALSE(read_decoder_export(h5::File::open(folder / "x.h5", h5::Mode::read)));
}

}  // namespace
}  // namespace elbo::host::log
