#include "plugins/card.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <vector>

#include <elbo/abi.hpp>
#include <elbo/error.hpp>

#include "base/text.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::plugins {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view section_name = "elboplug";
constexpr uint64_t largest_card = 64 * 1024;

#if defined(__x86_64__)
constexpr uint16_t own_machine = EM_X86_64;
constexpr const char* own_machine_name = "x86-64";
#elif defined(__aarch64__)
constexpr uint16_t own_machine = EM_AARCH64;
constexpr const char* own_machine_name = "64-bit ARM";
#else
#error "add the ELF machine number of this processor"
#endif

void require_regular_file(const fs::path& file) {
  std::error_code ignored;
  const auto type = fs::status(file, ignored).type();
  if (type == fs::file_type::not_found)
    throw UserError(fs::is_symlink(file, ignored)
                        ? "is a link to a file that does not exist; build or copy the plugin again"
                        : "does not exist; build the plugin or correct the path");
  if (type == fs::file_type::directory) throw UserError("is a folder; expected a shared library");
  if (type != fs::file_type::regular) throw UserError("is not a regular file; expected a shared library");
}

/// Reads at any place; no offset or size taken from the file is trusted.
class Bytes {
 public:
  explicit Bytes(const fs::path& file) : in_(file, std::ios::binary) {
    if (!in_) throw UserError(fmt::format("cannot be read: {}; check its permissions", std::strerror(errno)));
    std::error_code failed;
    size_ = fs::file_size(file, failed);
    if (failed) throw UserError("cannot be read: " + failed.message());
  }

  uint64_t size() const { return size_; }
  bool has(uint64_t at, uint64_t count) const { return at <= size_ && count <= size_ - at; }

  /// `count` must have been checked with has(); a file that shrinks meanwhile is an error as well.
  void read(uint64_t at, void* to, uint64_t count) {
    in_.seekg(static_cast<std::streamoff>(at));
    in_.read(static_cast<char*>(to), static_cast<std::streamsize>(count));
    if (!in_) throw UserError("cannot be read to its end; copy or build it again");
  }

 private:
  std::ifstream in_;
  uint64_t size_ = 0;
};

[[noreturn]] void truncated(uint64_t size, const char* part, uint64_t end) {
  throw UserError(fmt::format("the file ends at byte {} but its {} needs {}; copy or build it again", size, part, end));
}

uint64_t saturating_add(uint64_t a, uint64_t b) {
  return a > std::numeric_limits<uint64_t>::max() - b ? std::numeric_limits<uint64_t>::max() : a + b;
}

Elf64_Ehdr read_header(Bytes& file) {
  Elf64_Ehdr header{};
  if (file.size() == 0) throw UserError("the file is empty; copy or build it again");
  file.read(0, &header, std::min<uint64_t>(file.size(), sizeof header));
  if (file.size() < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    throw UserError("is not a shared library (no ELF header); build the plugin with elbo_add_plugin");
  if (file.size() < sizeof header) truncated(file.size(), "header", sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64)
    throw UserError(fmt::format("is built for a 32-bit processor; this program runs on {}; rebuild the plugin here",
                                own_machine_name));
  if (header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != own_machine)
    throw UserError(
        fmt::format("is built for another processor (ELF machine {}); this program runs on {}; "
                    "rebuild the plugin here",
                    header.e_machine, own_machine_name));
  if (header.e_type != ET_DYN)
    throw UserError("is an ELF file but not a shared library; build the plugin with elbo_add_plugin");
  return header;
}

/// All entries of a table of the file; throws when the file ends before the table does.
template <class Entry>
std::vector<Entry> read_table(Bytes& file, uint64_t at, size_t count, size_t entry_size, const char* part) {
  if (at == 0 || count == 0) return {};
  if (entry_size != sizeof(Entry)) throw UserError(fmt::format("its {} is damaged; copy or build it again", part));
  if (!file.has(at, count * sizeof(Entry))) truncated(file.size(), part, saturating_add(at, count * sizeof(Entry)));
  std::vector<Entry> table(count);
  file.read(at, table.data(), count * sizeof(Entry));
  return table;
}

void require_whole_program(Bytes& file, const Elf64_Ehdr& header) {
  uint64_t end = 0;
  for (const Elf64_Phdr& segment :
       read_table<Elf64_Phdr>(file, header.e_phoff, header.e_phnum, header.e_phentsize, "program table"))
    if (segment.p_type != PT_NULL) end = std::max(end, saturating_add(segment.p_offset, segment.p_filesz));
  if (end == 0) throw UserError("has no program in it; copy or build it again");
  if (end > file.size()) truncated(file.size(), "program", end);
}

bool is_named(Bytes& file, const Elf64_Shdr& names, const Elf64_Shdr& section) {
  char name[section_name.size() + 1];
  const uint64_t at = saturating_add(names.sh_offset, section.sh_name);
  if (section.sh_name > names.sh_size || !file.has(at, sizeof name)) return false;
  file.read(at, name, sizeof name);
  return std::string_view(name, sizeof name) == std::string_view(section_name.data(), sizeof name);
}

std::string read_section(Bytes& file, const Elf64_Ehdr& header) {
  const auto sections =
      read_table<Elf64_Shdr>(file, header.e_shoff, header.e_shnum, header.e_shentsize, "section table");
  if (header.e_shstrndx < sections.size())
    for (const Elf64_Shdr& section : sections) {
      if (section.sh_type != SHT_PROGBITS || !is_named(file, sections[header.e_shstrndx], section)) continue;
      if (!file.has(section.sh_offset, section.sh_size))
        truncated(file.size(), "card", saturating_add(section.sh_offset, section.sh_size));
      std::string text(std::min(section.sh_size, largest_card), '\0');
      file.read(section.sh_offset, text.data(), text.size());
      return text;
    }
  throw UserError(
      "is a shared library without a plugin card; register its class with ELBO_LIKELIHOOD or the macro of its kind");
}

/// "elbo-plugin\0key=value\0key=value\0"
std::map<std::string, std::string> fields(std::string_view text) {
  std::map<std::string, std::string> found;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (const size_t equals = line.find('='); equals != std::string_view::npos)
      found.emplace(printable(line.substr(0, equals)), printable(line.substr(equals + 1)));
  }
  return found;
}

Card parse(const std::string& text) {
  auto found = fields(text);
  Card card{found["kind"], found["name"], found["summary"], found["torch"], found["cxx11abi"], found["compiler"]};
  const std::string& abi = found["abi"];
  const auto [end, error] = std::from_chars(abi.data(), abi.data() + abi.size(), card.abi);
  if (!text.starts_with("elbo-plugin") || error != std::errc() || end != abi.data() + abi.size() ||
      !is_identifier(card.kind) || !is_identifier(card.name))
    throw UserError("its plugin card is damaged; build it again");
  return card;
}

}  // namespace

bool is_identifier(const std::string& text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && text[0] >= 'a' && text[0] <= 'z' && std::all_of(text.begin(), text.end(), fits);
}

Card read_card(const fs::path& path) {
  require_regular_file(path);
  Bytes file(path);
  const Elf64_Ehdr header = read_header(file);
  require_whole_program(file, header);
  return parse(read_section(file, header));
}

namespace {

void require_known_kind(const Card& card) {
  if (std::find(kinds.begin(), kinds.end(), card.kind) == kinds.end())
    throw UserError(
        fmt::format("its card says that it is a plugin of the kind '{}'{}", card.kind, suggestion(card.kind, kinds)));
}

void require_same_name(const Card& card, const FoundPlugin& asked) {
  if (card.kind != asked.kind || card.name != asked.name)
    throw UserError(fmt::format("its card says {}:{}; expected {}:{}; rename the file or the plugin", card.kind,
                                card.name, asked.kind, asked.name));
}

void require_same_build(const Card& card) {
  if (card.abi != ELBO_ABI)
    throw UserError(fmt::format("built for plugin ABI {}, this program uses {}; rebuild the plugin with this SDK",
                                card.abi, ELBO_ABI));
  // Debian's libtorch 1.13.1 says 1.13.0 in its header, so the patch number says nothing.
  if (card.torch != ELBO_TORCH_VERSION)
    throw UserError(fmt::format("built for torch {}, this program uses torch {}; rebuild the plugin with this SDK",
                                card.torch, ELBO_TORCH_VERSION));
  if (card.cxx11abi != std::to_string(_GLIBCXX_USE_CXX11_ABI))
    throw UserError(
        fmt::format("built with _GLIBCXX_USE_CXX11_ABI={}, this program with {}; rebuild the plugin with this SDK",
                    card.cxx11abi, _GLIBCXX_USE_CXX11_ABI));
}

}  // namespace

std::string label(const FoundPlugin& plugin) {
  const std::string path = printable(plugin.path.string());
  return plugin.kind.empty() || plugin.name.empty() ? path : fmt::format("{}:{} ({})", plugin.kind, plugin.name, path);
}

FoundPlugin inspect(const std::filesystem::path& file, const std::string& kind, const std::string& name) {
  FoundPlugin found;
  found.kind = kind;
  found.name = printable(name);
  found.path = file;
  try {
    const Card card = read_card(file);
    if (kind.empty()) found.kind = card.kind;
    if (name.empty()) found.name = card.name;
    found.summary = card.summary;
    found.torch = card.torch;
    found.compiler = card.compiler;
    found.abi = card.abi;
    require_known_kind(card);
    require_same_name(card, found);
    require_same_build(card);
  } catch (const UserError& e) {
    found.fault = label(found) + ": " + e.what();
  }
  return found;
}

}  // namespace elbo::host::plugins
