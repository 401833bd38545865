// A plugin's card: text in an ELF section of its own, read without running any of the plugin's code.
#pragma once
#include <filesystem>
#include <string>

namespace elbo::host::plugins {

struct Card {
  std::string kind, name, summary, torch, cxx11abi, compiler;
  int abi = 0;
};

/// A kind or a name: lower-case letters, digits and _, a letter first.
bool is_identifier(const std::string& text);
/// Reads the card, and refuses what the dynamic loader would die on: it maps a truncated file and then gets SIGBUS.
/// Throws UserError "what was found; what to do", without the file's name.
Card read_card(const std::filesystem::path& file);

}  // namespace elbo::host::plugins
