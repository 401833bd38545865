#include "plugins/new_plugin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/text.hpp"
#include "plugins/card.hpp"
#include "plugins/registry.hpp"

namespace elbo::host::plugins {
namespace fs = std::filesystem;
namespace {

using Words = std::vector<std::pair<std::string, std::string>>;

/// my_noise -> MyNoise
std::string class_name(const std::string& name) {
  std::string text;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') text += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return text;
}

std::string with_words(std::string text, const Words& words) {
  for (const auto& [word, becomes] : words)
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + becomes.size()))
      text.replace(at, word.size(), becomes);
  return text;
}

/// Whether the code has a type of this name: elbo::Tensor, or struct Config.
bool names_type(const std::string& code, const std::string& type) {
  const auto ends = [&](size_t at) {
    return at >= code.size() || !(std::isalnum(static_cast<unsigned char>(code[at])) || code[at] == '_');
  };
  for (const std::string& before : {"::" + type, "struct " + type})
    for (size_t at = code.find(before); at != std::string::npos; at = code.find(before, at + 1))
      if (ends(at + before.size())) return true;
  return false;
}

void check(const NewPlugin& plugin, const fs::path& templates) {
  const std::string label = plugin.kind + ":" + plugin.name;
  if (std::find(kinds.begin(), kinds.end(), plugin.kind) == kinds.end())
    throw UserError(
        fmt::format("{}: '{}' is not a kind of plugin{}", label, plugin.kind, suggestion(plugin.kind, kinds)));
  if (!is_identifier(plugin.name))
    throw UserError(
        fmt::format("{}: the name is '{}'; expected lower-case letters, digits and _, the first a letter; "
                    "choose such a name",
                    label, plugin.name));
  const std::string type = class_name(plugin.name);
  if (const fs::path code = templates / plugin.kind / "my_plugin.cpp";
      fs::exists(code) && names_type(read_file(code), type))
    throw UserError(label + ": its class would be called " + type +
                    ", as a type that its code uses; choose another name");
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(plugin.folder, ignored)))
    throw UserError(plugin.folder.string() + ": is there already; expected a folder to be made; name another one");
}

void copy_folder(const fs::path& from, const fs::path& to, const Words& words) {
  if (!fs::is_directory(from))
    throw Error(from.string() + ": the templates are not there; install or build the program again");
  for (const auto& entry : fs::directory_iterator(from))
    write_atomically(to / with_words(entry.path().filename().string(), words),
                     with_words(read_file(entry.path()), words));
}

}  // namespace

void write_new_plugin(const NewPlugin& plugin, const fs::path& templates, const fs::path& prefix) {
  check(plugin, templates);
  const Words words = {{"my_plugin", plugin.name},
                       {"MyPlugin", class_name(plugin.name)},
                       {"PLUGIN_KIND", plugin.kind},
                       {"ELBO_PREFIX", prefix.string()}};
  try {
    fs::create_directories(plugin.folder);
    copy_folder(templates / "every_kind", plugin.folder, words);
    copy_folder(templates / plugin.kind, plugin.folder, words);
  } catch (const fs::filesystem_error& e) {
    throw UserError(plugin.folder.string() + ": cannot be made: " + e.code().message() + "; name another folder");
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(plugin.folder, ignored);  // it was not there before
    throw;
  }
}

}  // namespace elbo::host::plugins
