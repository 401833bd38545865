// Which plugin is used, and with which settings.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <elbo/options.hpp>

namespace elbo::host {

struct PluginPart;

/// A plugin, and the options it is made with.
struct PluginChoice {
  std::string kind, name;         // "likelihood", "gaussian"
  std::filesystem::path path;     // the library
  std::string sha256;             // of the library
  std::vector<Setting> settings;  // every declared option
  std::vector<PluginPart> parts;  // of a likelihood that contains others
};

/// A likelihood within another one, and the columns of a table that it scores.
struct PluginPart {
  std::string name;  // a column, or "rest"
  std::vector<std::string> columns;
  PluginChoice choice;
};

}  // namespace elbo::host
