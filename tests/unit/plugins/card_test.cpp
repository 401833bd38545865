#include "plugins/card.hpp"

#include <elf.h>
#include <sys/stat.h>

#include <random>
#include <vector>

#include "unit/plugins/files.hpp"

namespace elbo::plugins {
namespace {

std::string fault_of(const fs::path& file) {
  return sentence([&] { read_card(file); });
}

struct Broken : testing::Test {
  Folder folder;
  std::string sound = content(broken_plugin("sound"));
  fs::path file = folder / "x.so";

  std::string fault(const std::string& bytes) { return fault_of(write(file, bytes)); }
  Elf64_Ehdr& header() { return *reinterpret_cast<Elf64_Ehdr*>(sound.data()); }
};

TEST(Card, SaysWhatThePluginIs) {
  const Card card = read_card(broken_plugin("sound"));
  EXPECT_EQ(card.kind, "likelihood");
  EXPECT_EQ(card.name, "sound");
  EXPECT_EQ(card.summary, "a Gaussian of unit variance");
  EXPECT_EQ(card.torch, ELBO_TORCH_VERSION);
  EXPECT_EQ(card.abi, 1);
  EXPECT_EQ(card.compiler, __VERSION__);
}

TEST_F(Broken, NothingToRead) {
  EXPECT_EQ(fault_of(folder / "absent.so"), "does not exist; build the plugin or correct the path");
  EXPECT_EQ(fault_of(folder), "is a folder; expected a shared library");
  fs::create_symlink(folder / "absent.so", folder / "link.so");
  EXPECT_EQ(fault_of(folder / "link.so"), "is a link to a file that does not exist; build or copy the plugin again");
  ASSERT_EQ(::mkfifo((folder / "fifo.so").c_str(), 0600), 0);
  EXPECT_EQ(fault_of(folder / "fifo.so"), "is not a regular file; expected a shared library");
  EXPECT_EQ(fault(""), "the file is empty; copy or build it again");
}

TEST_F(Broken, NotASharedLibraryForThisMachine) {
  EXPECT_EQ(fault("#!/bin/sh\necho hello\n"),
            "is not a shared library (no ELF header); build the plugin with elbo_add_plugin");
  EXPECT_EQ(fault("\x7f"), "is not a shared library (no ELF header); build the plugin with elbo_add_plugin");
  header().e_type = ET_REL;
  EXPECT_EQ(fault(sound), "is an ELF file but not a shared library; build the plugin with elbo_add_plugin");
  header().e_machine = EM_RISCV;
  EXPECT_NE(fault(sound).find("is built for another processor (ELF machine 243); this program runs on"),
            std::string::npos);
  header().e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_NE(fault(sound).find("is built for a 32-bit processor; this program runs on"), std::string::npos);
}

TEST_F(Broken, NoCard) {
  EXPECT_EQ(
      fault_of(broken_plugin("no_card")),
      "is a shared library without a plugin card; register its class with ELBO_LIKELIHOOD or the macro of its kind");
  EXPECT_EQ(fault_of(broken_plugin("damaged_card")), "its plugin card is damaged; build it again");
  header().e_shoff = 0;
  EXPECT_EQ(
      fault(sound),
      "is a shared library without a plugin card; register its class with ELBO_LIKELIHOOD or the macro of its kind");
}

TEST_F(Broken, TruncatedAnywhere) {
  EXPECT_EQ(fault(sound.substr(0, 40)), "the file ends at byte 40 but its header needs 64; copy or build it again");
  const std::string half = fault(sound.substr(0, sound.size() / 2));
  EXPECT_EQ(half.find("the file ends at byte " + std::to_string(sound.size() / 2) + " but its program needs "), 0u)
      << half;
  EXPECT_EQ(fault(sound.substr(0, sound.size() - 1)), "the file ends at byte " + std::to_string(sound.size() - 1) +
                                                          " but its section table needs " +
                                                          std::to_string(sound.size()) + "; copy or build it again");
  for (size_t length = 0; length < sound.size(); length += length < 1000 ? 7 : 499)
    EXPECT_FALSE(fault(sound.substr(0, length)).empty());
}

// Offsets and sizes that overflow, tables that point outside: a sentence or a card, never a crash.
TEST_F(Broken, AnyBytes) {
  std::mt19937 random(1);
  const auto anywhere = [&](size_t size) { return std::uniform_int_distribution<size_t>(0, size - 1)(random); };
  const size_t sections = header().e_shoff;
  write(file, sound);
  std::fstream patch(file, std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&](size_t at, char byte) { patch.seekp(static_cast<std::streamoff>(at)).put(byte).flush(); };
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<size_t> changed;
    for (int change = 0; change < 4; ++change) {
      changed.push_back(trial % 2 ? anywhere(700) : sections + anywhere(sound.size() - sections));
      put(changed.back(), static_cast<char>(change % 2 ? 0xff : anywhere(256)));
    }
    try {
      read_card(file);
    } catch (const UserError& e) {
      EXPECT_GT(std::string(e.what()).size(), 10u);
    }
    for (const size_t at : changed) put(at, sound[at]);
  }
  EXPECT_EQ(read_card(file).name, "sound");
}

}  // namespace
}  // namespace elbo::plugins
