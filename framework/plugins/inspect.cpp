#include "plugins/inspect.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <elbo/abi.hpp>
#include <elbo/error.hpp>

#include "base/text.hpp"
#include "plugins/card.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::plugins {
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
