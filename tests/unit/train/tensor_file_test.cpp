#include "train/tensor_file.hpp"

#include <gtest/gtest.h>

#include <ATen/ops/equal.h>

#include <elbo/error.hpp>

namespace elbo::host {
namespace {

TensorFile sample() {
  const Tensor values = elbo::tensor_of({1.5, -2, INFINITY, 4, 5, 6}, {2, 3});
  return {{{"a.weight", values}, {"a.count", values.to(at::kLong).select(1, 0)}, {"none", values.narrow(0, 0, 0)}},
          {{"progress", "{\"epoch\": 3}"}}};
}

/// The content of a file with this header and so many zero bytes after it.
std::string with_header(const std::string& header, size_t values = 0, int64_t length = -1) {
  const auto n = length < 0 ? header.size() : static_cast<size_t>(length);
  std::string content;
  for (size_t i = 0; i < 8; ++i) content += static_cast<char>(n >> (8 * i) & 0xFF);
  return content + header + std::string(values, '\0');
}

std::string fault_of(const std::string& content) {
  try {
    unpacked(content);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(TensorFile, HoldsWhatWasPackedInTheSameBytes) {
  const std::string content = packed(sample());
  EXPECT_EQ(content, packed(sample()));
  const TensorFile file = unpacked(content);
  ASSERT_EQ(file.tensors.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(file.tensors[i].first, sample().tensors[i].first);
    EXPECT_EQ(file.tensors[i].second.scalar_type(), sample().tensors[i].second.scalar_type());
    EXPECT_TRUE(at::equal(file.tensors[i].second, sample().tensors[i].second)) << file.tensors[i].first;
  }
  EXPECT_EQ(file.text("progress"), "{\"epoch\": 3}");
  EXPECT_EQ(packed(file), content);
}

TEST(TensorFile, NamesATensorThatIsMissingOrOfAnotherShape) {
  const TensorFile file = sample();
  EXPECT_NO_THROW(file.tensor("a.weight", elbo::zeros({2, 3})));
  EXPECT_THROW(file.tensor("b", {}), Error);
  EXPECT_THROW(file.tensor("a.weight", elbo::zeros({3, 2})), Error);
}

TEST(TensorFile, RefusesWhatIsNoneInWords) {
  const std::string whole = packed(sample());
  for (size_t n = 0; n < whole.size(); n += 3) EXPECT_NE(fault_of(whole.substr(0, n)), "no error") << n;
  EXPECT_NE(fault_of("PK\x03\x04 an archive").find("may hold code"), std::string::npos);
  const std::string one = R"({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})";
  EXPECT_EQ(fault_of(with_header(one, 8)), "no error");
  const auto with = [&](const std::string& from, const std::string& to) {
    return with_header(std::string(one).replace(one.find(from), from.size(), to), 8);
  };
  for (const auto& [from, to] : {std::pair<const char*, const char*>{"[2]", "[3]"},
                                 {"[2]", "[-2]"},
                                 {"[2]", "[4294967296, 4294967296]"},
                                 {"[2]", "\"2\""},
                                 {"F32", "CODE"},
                                 {"[0, 8]", "[0, 16]"},
                                 {"[0, 8]", "[8, 0]"},
                                 {"[0, 8]", "[0]"},
                                 {"[0, 8]", "[-1, 7]"}})
    EXPECT_NE(fault_of(with(from, to)), "no error") << to;
  EXPECT_NE(fault_of(with_header("[1]")), "no error");
  EXPECT_NE(fault_of(with_header(one, 8, int64_t{1} << 62)), "no error");
  std::string nested;
  for (int depth = 0; depth < 400000; ++depth) nested += "{\"a\":";
  EXPECT_NE(fault_of(with_header(nested)), "no error");
}

}  // namespace
}  // namespace elbo::host
