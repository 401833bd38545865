
#include "files.hpp"
#include "formats/decoded_file.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

Array read_idx(const fs::path& file) { return test::read("idx", file); }

const std::string six = idx(0x08, {2, 3}, {"\x00\x01\x02\xfd\xfe\xff", 6});

TEST(Idx, BytesStayBytes) {
  const Folder folder;
  const Array array = read_idx(write(folder / "a", six));
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(std::get<std::vector<uint8_t>>(array.values), (std::vector<uint8_t>{0, 1, 2, 253, 254, 255}));
}

TEST(Idx, PackedAndPlainAreTheSameData) {
  const Folder folder;
  const auto plain = decoded_bytes(write(folder / "a", six));
  EXPECT_EQ(plain, decoded_bytes(write_gzip(folder / "a.gz", six)));
}

TEST(Idx, OtherTypesAreBigEndianAndBecomeFloats) {
  const Folder folder;
  const auto floats = [&](const std::string& bytes) {
    return std::get<std::vector<float>>(read_idx(write(folder / "a", bytes)).values);
  };
  EXPECT_EQ(floats(idx(0x09, {2}, {"\x80\x7f", 2})), (std::vector<float>{-128, 127}));
  EXPECT_EQ(floats(idx(0x0B, {2}, {"\xff\xfe\x01\x00", 4})), (std::vector<float>{-2, 256}));
  EXPECT_EQ(floats(idx(0x0C, {1}, {"\x00\x01\x00\x00", 4})), (std::vector<float>{65536}));
  EXPECT_EQ(floats(idx(0x0D, {1}, {"\xc0\x49\x0f\xdb", 4})), (std::vector<float>{-3.14159274f}));
  EXPECT_EQ(floats(idx(0x0E, {1}, {"\x3f\xe0\x00\x00\x00\x00\x00\x00", 8})), (std::vector<float>{0.5f}));
}

TEST(Idx, AnIntegerThatAFloatCannotHoldIsRefused) {
  const Folder folder;
  const fs::path file = write(folder / "a", idx(0x0C, {1}, {"\x01\x00\x00\x01", 4}));
  EXPECT_SAYS(refusal([&] { read_idx(file); }), "16777217");
}

TEST(Idx, EveryTruncationIsRefused) {
  const Folder folder;
  for (size_t length = 0; length < six.size(); ++length) {
    const std::string said = refusal([&] { read_idx(write(folder / "cut", six.substr(0, length))); });
    EXPECT_SAYS(said, (folder / "cut").string());
    if (length >= 12) {
      EXPECT_SAYS(said, "truncated");
    }
  }
}

TEST(Idx, EveryTruncationOfThePackedFileIsRefused) {
  const Folder folder;
  const std::string packed = slurp(write_gzip(folder / "a.gz", six));
  for (size_t length = 0; length < packed.size(); ++length)
    refusal([&] { read_idx(write(folder / "cut.gz", packed.substr(0, length))); });
}

TEST(Idx, DamageInThePackedFileIsRefused) {
  const Folder folder;
  std::string packed = slurp(write_gzip(folder / "a.gz", six));
  std::string damaged = packed;
  damaged[damaged.size() - 6] ^= 0x40;  // in the checksum
  EXPECT_SAYS(refusal([&] { read_idx(write(folder / "b.gz", damaged)); }), "damaged");
  EXPECT_SAYS(refusal([&] { read_idx(write(folder / "c.gz", packed + "tail")); }), "4 bytes follow");
}

TEST(Idx, TrailingBytesAreRefused) {
  const Folder folder;
  EXPECT_SAYS(refusal([&] { read_idx(write(folder / "a", six + "x")); }), "1 bytes follow its last value");
}

TEST(Idx, WrongMagicIsRefused) {
  const Folder folder;
  for (const std::string& start : {std::string("PK\3\4"), std::string("\0\0\x07\1", 4), std::string("\0\0\x08\0", 4)})
    EXPECT_SAYS(refusal([&] { read_idx(write(folder / "a", start + six.substr(4))); }),
                "does not begin as an IDX file");
}

TEST(Idx, SizesThatOverflowAreRefused) {
  const Folder folder;
  const std::string bytes = idx(0x0E, {0xffffffff, 0xffffffff, 0xffffffff}, "12345678");
  EXPECT_SAYS(refusal([&] { read_idx(write(folder / "a", bytes)); }), "claims an array");
}

TEST(Decoded, AGzipFileThatUnpacksToMoreThanThereIsRoomForIsRefused) {
  const Folder folder;
  const fs::path file = write_gzip(folder / "a.gz", std::string(140'000'000, '\0'));
  EXPECT_LT(fs::file_size(file), 1'000'000u);
  const LimitedMemory limited(rlim_t{1} << 29);
  EXPECT_SAYS(refusal([&] { decoded_bytes(file); }), "a.gz: unpacks to more than 0.1 GB");
}

}  // namespace
}  // namespace elbo::host::formats
