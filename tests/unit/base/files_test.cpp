#include "base/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include <elbo/error.hpp>

#include "unit/launch/scratch_folder.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

mode_t mode_of(const fs::path& file) {
  struct stat s{};
  EXPECT_EQ(::stat(file.c_str(), &s), 0) << file;
  return s.st_mode & 0777;
}

// A group that shares a folder works with a umask that leaves its members the right to write.
TEST(WriteAtomically, GivesTheRightsThatTheUmaskLeaves) {
  const ScratchFolder scratch;
  const mode_t before = ::umask(0002);
  write_atomically(scratch.path / "group", "x");
  ::umask(0077);
  write_atomically(scratch.path / "own", "x");
  ::umask(before);
  EXPECT_EQ(mode_of(scratch.path / "group"), 0664u);
  EXPECT_EQ(mode_of(scratch.path / "own"), 0600u);
}

// Whoever may write in the folder could lay a link where the temporary file is going to be.
// What a user names by -o may be a device, or the end of a pipe: it stays what it is.
TEST(WriteAtomically, WritesToDevicesAndPipesAsTheyAre) {
  const ScratchFolder scratch;
  const fs::path pipe = scratch.path / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { std::getline(std::ifstream(pipe), read); });
  write_atomically(pipe, "through\n");
  reader.join();
  EXPECT_EQ(read, "through");
  EXPECT_TRUE(fs::is_fifo(pipe));
  write_atomically("/dev/null", "x");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THROW(write_atomically("/dev/full", "x"), Error);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST(WriteAtomically, WritesThroughNoLinkAndLeavesNothingBeside) {
  const ScratchFolder scratch;
  write_atomically(scratch.path / "file", "first");
  ASSERT_THROW(write_atomically(scratch.path / "none" / "file", "x"), std::exception);
  std::ofstream(scratch.path / "precious") << "mine";
  for (const auto& entry : fs::directory_iterator(scratch.path))
    EXPECT_EQ(entry.path().filename().string().find(".tmp"), std::string::npos) << entry.path();
  fs::create_symlink(scratch.path / "precious", scratch.path / "link");
  write_atomically(scratch.path / "link", "second");
  EXPECT_EQ(read_file(scratch.path / "precious"), "mine");
  EXPECT_EQ(read_file(scratch.path / "link"), "second");
}

}  // namespace
}  // namespace elbo::host
