#include <cmath>

#include "files.hpp"
#include "formats/containers/npy.hpp"
#include "formats/format.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

using Floats = std::vector<float>;

Array parsed(const std::string& text) { return parse_npy(bytes_of(text), "a.npy"); }

TEST(Npy, ReadsEveryWidthAndByteOrder) {
  EXPECT_EQ(std::get<0>(parsed(npy("'|u1'", "(2, 2)", {"\0\1\xfe\xff", 4})).values),
            (std::vector<uint8_t>{0, 1, 254, 255}));
  EXPECT_EQ(std::get<0>(parsed(npy("'|b1'", "(2,)", {"\1\0", 2})).values), (std::vector<uint8_t>{1, 0}));
  EXPECT_EQ(floats(parsed(npy("'|i1'", "(2,)", "\xff\x02"))), (Floats{-1, 2}));
  EXPECT_EQ(floats(parsed(npy("'<i2'", "(1,)", "\x02\x01"))), (Floats{258}));
  EXPECT_EQ(floats(parsed(npy("'>i2'", "(1,)", "\x01\x02"))), (Floats{258}));
  EXPECT_EQ(floats(parsed(npy("'<u4'", "(1,)", {"\x01\x00\x01\x00", 4}))), (Floats{65537}));
  EXPECT_EQ(floats(parsed(npy("'>i8'", "(1,)", std::string(7, '\xff') + "\xfe"))), (Floats{-2}));
  EXPECT_EQ(floats(parsed(npy("'<f4'", "(1,)", {"\0\0\xc0\x3f", 4}))), (Floats{1.5F}));
  EXPECT_EQ(floats(parsed(npy("'>f8'", "(1,)", {"\x3f\xf8\0\0\0\0\0\0", 8}))), (Floats{1.5F}));
  EXPECT_EQ(floats(parsed(npy("'<f2'", "(3,)", {"\x00\x3e\x01\x00\x00\xfc", 6}))),
            (Floats{1.5F, std::ldexp(1.0F, -24), -INFINITY}));
}

TEST(Npy, ColumnMajorIsTurned) {
  // np.asfortranarray([[0, 1, 2], [3, 4, 5]])
  const Array array = parsed(npy("'|u1'", "(2, 3)", {"\0\3\1\4\2\5", 6}, true));
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(std::get<0>(array.values), (std::vector<uint8_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Npy, PicklesAreRefusedWithTheWayOut) {
  const std::string said = refusal([] { parsed(npy("'|O'", "(1,)", "pickle")); });
  EXPECT_SAYS(said, "a.npy: holds Python objects (a pickle), which are not read since that may run code");
  EXPECT_SAYS(said, "allow_pickle=True");
}

TEST(Npy, FaultsAreNamed) {
  EXPECT_SAYS(refusal([] { parsed("PK"); }), "does not begin as an NPY file does");
  EXPECT_SAYS(refusal([] { parsed(npy("'<U5'", "(1,)", "abcde")); }), "holds the type '<U5'");
  EXPECT_SAYS(refusal([] { parsed(npy("[('a', '<f4')]", "(1,)", "abcd")); }), "holds records of several types");
  EXPECT_SAYS(refusal([] { parsed(npy("'<f4'", "(2,)", "abcd")); }),
              "promises an array [2] of 4 bytes each and 4 bytes follow");
  EXPECT_SAYS(refusal([] { parsed(npy("'<f4'", "(4294967296, 4294967296)", "abcd")); }), "bytes follow");
  EXPECT_SAYS(refusal([] { parsed(npy("'<f4'", "()", "abcd")); }), "single value");
  EXPECT_SAYS(refusal([] { parsed(npy("'<i8'", "(1,)", std::string(7, '\1') + '\0')); }),
              "which 32-bit floats hold exactly");
}

TEST(Npy, NoBytesCrash) {
  expect_no_damage_harms(npy("'<f4'", "(2, 3)", std::string(24, 'x'), true), [](auto b) { parse_npy(b, "a.npy"); });
}

void put_bytes(std::string& to, uint64_t value, int width) {
  for (int i = 0; i < width; ++i) to += static_cast<char>(value >> 8 * i);
}

struct Member {
  std::string name, content;
  bool deflated = false, zip64 = false;
};

std::string deflate(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(content.size() + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// As Python's zipfile writes it; NumPy forces zip64 for its members.
std::string zip(const std::vector<Member>& members) {
  std::string file, directory;
  for (const Member& m : members) {
    const std::string packed = m.deflated ? deflate(m.content) : m.content;
    const size_t at = file.size();
    const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(m.content.data()), m.content.size());
    const auto common = [&](std::string& to, uint64_t extra) {
      put_bytes(to, m.deflated ? 8 : 0, 2);
      put_bytes(to, 0, 4);  // time
      put_bytes(to, crc, 4);
      put_bytes(to, m.zip64 ? UINT32_MAX : packed.size(), 4);
      put_bytes(to, m.zip64 ? UINT32_MAX : m.content.size(), 4);
      put_bytes(to, m.name.size(), 2);
      put_bytes(to, extra, 2);
    };
    std::string extra;
    if (m.zip64) {
      put_bytes(extra, 1, 2);
      put_bytes(extra, 16, 2);
      put_bytes(extra, m.content.size(), 8);
      put_bytes(extra, packed.size(), 8);
    }
    put_bytes(file, 0x04034b50, 4);
    put_bytes(file, 45, 2);
    put_bytes(file, 0, 2);
    common(file, extra.size());
    file += m.name + extra + packed;
    put_bytes(directory, 0x02014b50, 4);
    put_bytes(directory, 45, 2);
    put_bytes(directory, 45, 2);
    put_bytes(directory, 0, 2);
    common(directory, extra.size());
    put_bytes(directory, 0, 2 + 2 + 2);  // comment, disk, attributes
    put_bytes(directory, 0, 4);
    put_bytes(directory, at, 4);
    directory += m.name + extra;
  }
  const size_t at = file.size();
  file += directory;
  put_bytes(file, 0x06054b50, 4);
  put_bytes(file, 0, 4);
  put_bytes(file, members.size(), 2);
  put_bytes(file, members.size(), 2);
  put_bytes(file, directory.size(), 4);
  put_bytes(file, at, 4);
  put_bytes(file, 0, 2);
  return file;
}

const std::string x_array = npy("'|u1'", "(2, 2)", "abcd"), y_array = npy("'|u1'", "(2,)", "ef");
const std::string objects = npy("'|O'", "(1,)", "pickle");

Array from(const std::string& archive, const std::string& name) {
  return parse("npz", bytes_of(archive), "a.npz", name);
}

TEST(Npz, ReadsStoredDeflatedAndZip64Members) {
  const std::string archive = zip({{"x.npy", x_array, true}, {"y.npy", y_array, false, true}});
  EXPECT_EQ(std::get<0>(from(archive, "x").values), (std::vector<uint8_t>{'a', 'b', 'c', 'd'}));
  EXPECT_EQ(std::get<0>(from(archive, "y").values), (std::vector<uint8_t>{'e', 'f'}));
  const Folder folder;
  const fs::path file = write(folder / "a.npz", archive);
  EXPECT_TRUE(find_format("npz")->has(file, "y"));
  EXPECT_FALSE(find_format("npz")->has(file, "z"));
}

TEST(Npz, AnOnlyArrayNeedsNoName) {
  EXPECT_EQ(from(zip({{"x.npy", x_array, true}, {"meta.npy", objects}}), "").shape, (Shape{2, 2}));
  EXPECT_EQ(refusal([] { from(zip({{"x.npy", x_array}, {"y.npy", y_array}}), ""); }),
            "a.npz: holds 2 arrays of numbers (x, y); expected one, or its name; say which");
}

TEST(Npz, FaultsAreNamed) {
  const std::string archive = zip({{"x.npy", x_array}, {"meta.npy", objects}});
  EXPECT_SAYS(refusal([&] { from(archive, "meta"); }), "a.npz:meta: holds Python objects");
  EXPECT_SAYS(refusal([&] { from(archive, "imgs"); }), "a.npz: has no array 'imgs'");
  std::string damaged = archive;
  damaged[damaged.find("abcd")] = 'z';
  EXPECT_SAYS(refusal([&] { from(damaged, "x"); }), "a.npz:x.npy: has another checksum than the archive says");
  EXPECT_SAYS(refusal([] { from("", "x"); }), "has only 0 bytes");
}

TEST(Npz, AMemberThatUnpacksToMoreThanThereIsRoomForIsRefused) {
  const std::string archive = zip({{"x.npy", npy("'|u1'", "(140000000, 1)", std::string(140'000'000, '\0')), true}});
  EXPECT_LT(archive.size(), 1'000'000u);
  const LimitedMemory limited(rlim_t{1} << 29);
  EXPECT_SAYS(refusal([&] { from(archive, "x"); }), "a.npz:x.npy: unpacks to more than 0.1 GB");
}

TEST(Npz, ItsContentsSayWhyAnArrayHoldsNoNumbers) {
  const Folder folder;
  const auto parts =
      find_format("npz")->parts(write(folder / "a.npz", zip({{"x.npy", x_array}, {"meta.npy", objects}})));
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].type + parts[0].fault, "uint8");
  EXPECT_EQ(parts[1].type, "");
  EXPECT_SAYS(parts[1].fault, "a.npz:meta: holds Python objects (a pickle)");
}

TEST(Npz, NoBytesCrash) {
  expect_no_damage_harms(zip({{"x.npy", x_array, true, true}, {"y.npy", y_array}}),
                         [](auto b) { parse("npz", b, "a.npz"); });
}

}  // namespace
}  // namespace elbo::host::formats
