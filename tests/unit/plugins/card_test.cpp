#include "plugins/card.hpp"

#include <elf.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <vector>

#include <elbo/abi.hpp>

#include "unit/plugins/files.hpp"

namespace elbo::host::plugins {
namespace {

#ifdef __x86_64__
const std::string here = "x86-64";
#else
const std::string here = "64-bit ARM";
#endif

std::string fault_of(const fs::path& file) {
  return sentence([&] { read_card(file); });
}

struct Broken : testing::Test {
  Folder folder;
  std::string sound = content(broken_plugin("sound"));
  fs::path file = folder / "x.so";

  std::string fault(const std::string& bytes) { return fault_of(write(file, bytes)); }
  /// Where the last byte lies that the loader would map.
  size_t program_end() {
    const auto* segments = reinterpret_cast<const Elf64_Phdr*>(sound.data() + header().e_phoff);
    size_t end = 0;
    for (size_t i = 0; i < header().e_phnum; ++i)
      end = std::max<size_t>(end, segments[i].p_offset + segments[i].p_filesz);
    return end;
  }
  Elf64_Ehdr& header() { return *reinterpret_cast<Elf64_Ehdr*>(sound.data()); }
};

TEST(Card, SaysWhatThePluginIs) {
  const Card card = read_card(broken_plugin("sound"));
  EXPECT_EQ(card.kind, "likelihood");
  EXPECT_EQ(card.name, "sound");
  EXPECT_EQ(card.summary, "a Gaussian of unit variance");
  EXPECT_EQ(card.torch, ELBO_TORCH_VERSION);
  EXPECT_EQ(card.abi, ELBO_ABI);
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
  EXPECT_EQ(fault(sound), "is built for another processor (ELF machine 243); this program runs on " + here +
                              "; rebuild the plugin here");
  header().e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(fault(sound),
            "is built for a 32-bit processor; this program runs on " + here + "; rebuild the plugin here");
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
  const auto expect = [&](size_t length, const char* part, size_t needed) {
    EXPECT_EQ(fault(sound.substr(0, length)), "the file ends at byte " + std::to_string(length) + " but its " + part +
                                                  " needs " + std::to_string(needed) + "; copy or build it again");
  };
  const size_t table = header().e_phoff + header().e_phnum * sizeof(Elf64_Phdr);
  expect(63, "header", 64);
  expect(64, "program table", table);
  expect(table - 1, "program table", table);
  for (const size_t length : {table, size_t{4096}, program_end() / 2, program_end() - 1})
    expect(length, "program", program_end());
  expect(program_end(), "section table", sound.size());
  expect(sound.size() - 1, "section table", sound.size());
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
}  // namespace elbo::host::plugins
