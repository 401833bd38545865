#include "page/page.hpp"

#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "page/page_json.hpp"

namespace elbo::host::page {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// In the order in which the browser runs them.
constexpr const char* scripts[] = {"dom.js",      "tables.js",     "chart.js",       "answer.js",  "curves.js",
                                   "heat.js",     "evaluation.js", "differences.js", "latents.js", "pictures.js",
                                   "explorer.js", "origin.js",     "main.js"};

std::string part(const std::string& name) {
  const fs::path file = report_folder() / name;
  if (!fs::exists(file))
    throw Error(file.string() +
                ": is missing; expected the parts of the report page there; build or install elbo again");
  return read_file(file);
}

std::string all_scripts() {
  std::string all;
  for (const char* name : scripts) all += part(name);
  return all;
}

void replace(std::string& text, const std::string& mark, const std::string& by) {
  const size_t place = text.find(mark);
  if (place == std::string::npos)
    throw Error("page.html: has no " + mark + "; expected each mark once; install elbo again");
  text.replace(place, mark.size(), by);
}

}  // namespace

std::string safe_in_script(const std::string& json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    if (c == '<') safe += "\\u003c";
    else if (c == '>') safe += "\\u003e";
    else if (c == '&') safe += "\\u0026";
    else safe += c;
  }
  return safe;
}

std::string fill(const std::string& page, const std::string& style, const std::string& library,
                 const std::string& script, const std::string& data) {
  std::string filled = page;
  replace(filled, "<!--STYLE-->", style);
  replace(filled, "<!--SCRIPT-->", script);  // the last mark first: what is filled in may hold anything
  replace(filled, "<!--DATA-->", safe_in_script(data));
  replace(filled, "<!--LIBRARY-->", library);
  return filled;
}

void write_report(const fs::path& folder, const fs::path& file, const std::string& version) {
  const Json data = page_json(scan(folder), version);
  const std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace);
  write_atomically(file, fill(part("page.html"), part("style.css"), part("chart.min.js"), all_scripts(), text));
}

}  // namespace elbo::host::page
