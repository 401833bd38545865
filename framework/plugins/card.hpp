// A plugin's card: text in an ELF section of its own, read without running any of the plugin's code.
#pragma once
#include <filesystem>
#include <string>

#include "plugins/description.hpp"

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

// From a file to what is known of it without running it, and whether this program can use it.

/// "likelihood:gaussian (/x/likelihood/gaussian.so)"; only the path when the kind or name is not known.
std::string label(const FoundPlugin& plugin);

/// Reads the card and compares it with what was asked for and with this build. Nothing is thrown: `fault` is set.
/// An empty kind or name takes the card's.
FoundPlugin inspect(const std::filesystem::path& file, const std::string& kind, const std::string& name);

}  // namespace elbo::host::plugins
