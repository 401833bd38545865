#include "exports/pack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/memory.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "base/value_json.hpp"
#include "base/visible.hpp"
#include "base/zip.hpp"
#include "data/description.hpp"
#include "experiment/known_options.hpp"
#include "log/run_log.hpp"
#include "plugins/registry.hpp"

namespace elbo::host::exports {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr const char *format = "elbo-pack-1", *list_name = "pack.json", *plan_name = "run.json", *log_name = "log.h5";
constexpr const char* experiment_name = "experiment.toml";
constexpr std::array needed = {plan_name, log_name, weights_file};
constexpr std::array optional = {"evaluation.h5", "done.json"};
constexpr size_t most_files = 1000;  // of a run there are some ten

[[noreturn]] void refuse(const fs::path& file, const std::string& found) {
  throw UserError(
      fmt::format("{}: {}; expected a file that elbo pack wrote; fetch or copy it again", file.string(), found));
}

std::string short_hash(const std::string& hash) { return hash.empty() ? "none" : hash.substr(0, 8) + "..."; }

void must_be_finished(const fs::path& folder) {
  if (fs::exists(folder / "log.h5.partial"))
    throw UserError(folder.string() + ": the run is not finished; expected one that is; elbo resume goes on with it");
  for (const char* name : needed)
    if (!fs::is_regular_file(folder / name))
      throw UserError(fmt::format("{}: has no {}; expected the folder that a finished run leaves; repeat the run",
                                  folder.string(), name));
  const log::RunSummary summary = log::read_summary(folder / log_name);
  const auto digest = summary.texts.find("weights_sha256");
  if (digest != summary.texts.end() && sha256_of_file(folder / weights_file) != digest->second)
    throw UserError(
        fmt::format("{}: is not what this run ended with, whose SHA-256 is {}; expected the run's own; repeat the run",
                    (folder / weights_file).string(), short_hash(digest->second)));
}

/// What the data are and where they come from, for whoever has the run and not the data.
Json data_card(const Run& run, const log::RunSummary& summary) {
  Json card = {{"settings", to_json(known_options<DataConfig>().settings(run.data))},
               {"record", data::to_json(run.data_record)}};
  for (const char* text : {"measure", "trained_on"})
    if (const auto found = summary.texts.find(text); found != summary.texts.end()) card[text] = found->second;
  if (run.data.name.empty()) return card;
  try {
    const data::Description d = data::description_of(run.data);
    for (const auto& [key, text] :
         {std::pair{"title", &d.title}, {"licence", &d.licence}, {"citation", &d.citation}, {"source", &d.source}})
      if (!text->empty()) card[key] = *text;
  } catch (const Error&) {
    // Its description has gone; the record says what the data were.
  }
  return card;
}

/// f(what a pack calls it, path) for each path that the settings of the data have.
template <class Data, class F>
void for_each_path(Data& data, F&& f) {
  f("data", data.path);
  f("test_data", data.test_path);
  f("valid_data", data.valid_path);
}

std::vector<Unpacked::Member> files_of_data(const Run& run) {
  if (run.data.path.empty())
    throw UserError("elbo pack: --data is given, and the run is on the data set " + run.data.name +
                    ", which has a name and no path; expected data of your own; leave --data out, as elbo data fetch " +
                    run.data.name + " gets them on any machine");
  std::vector<Unpacked::Member> members;
  for_each_path(run.data, [&](const std::string& name, const std::string& path) {
    if (path.empty()) return;
    if (!fs::is_regular_file(path))
      throw UserError(path + ": is no single file; expected one with --data; pack without it and copy the data");
    members.push_back({name + fs::path(path).extension().string(), read_file(path)});
  });
  return members;
}

std::vector<Unpacked::Member> members_of(const fs::path& folder) {
  std::vector<Unpacked::Member> members;
  const auto add = [&](const std::string& name, std::string content) { members.push_back({name, std::move(content)}); };
  for (const char* name : needed) add(name, read_file(folder / name));
  for (const char* name : optional)
    if (fs::is_regular_file(folder / name)) add(name, read_file(folder / name));
  std::set<fs::path> pictures;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".png" && fs::is_regular_file(entry.symlink_status()))
      pictures.insert(entry.path());
  for (const fs::path& picture : pictures) add(picture.filename().string(), read_file(picture));
  const log::RunSummary summary = log::read_summary(folder / log_name);
  add("data_card.json", data_card(read_run(folder), summary).dump(2) + "\n");
  if (const h5::File log = log::open_log(folder / log_name); log.has("/config/experiment_toml"))
    add(experiment_name, log.text("/config/experiment_toml"));
  return members;
}

Json list_of(const std::vector<Unpacked::Member>& members, const Run& run, const std::string& elbo_version) {
  Json list = {{"format", format}, {"elbo", elbo_version}, {"run", run.folder()}, {"title", run.title()}};
  for (const auto& [name, content] : members)
    list["files"][name] = {{"bytes", content.size()}, {"sha256", sha256(content)}};
  for_each_library(run, [&](const std::string& kind, const PluginChoice& choice) {
    list["plugins"].push_back({{"kind", kind}, {"name", choice.name}, {"sha256", choice.sha256}});
  });
  return list;
}

/// A name that stays in the folder it is written to, whatever system reads it.
bool is_file_name(const std::string& name) {
  const bool is_plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c > ' ' && c < 127 && c != '/' && c != '\\' && c != ':';
  });
  return is_plain && !name.empty() && name.size() < 200 && name.front() != '.';
}

struct Listed {
  size_t bytes = 0;
  std::string sha256;
};

std::map<std::string, Listed> listed_in(const Json& list, const fs::path& file) {
  std::map<std::string, Listed> files;
  double total = 0;
  try {
    for (const auto& [name, facts] : list.at("files").items()) {
      files[name] = {facts.at("bytes").get<size_t>(), facts.at("sha256").get<std::string>()};
      total += static_cast<double>(files[name].bytes);
    }
  } catch (const nlohmann::json::exception&) {
    refuse(file, std::string("its ") + list_name + " does not say what is in it");
  }
  if (total > most_unpacked_bytes())
    throw UserError(fmt::format(
        "{}: unpacks to more than {:.1f} GB; expected less on this machine; unpack it where there is more memory",
        file.string(), most_unpacked_bytes() / 1e9));
  for (const char* name : needed)
    if (!files.contains(name)) refuse(file, std::string("has no ") + name);
  return files;
}

/// All members by name, each once, with names that stay where they are written.
std::map<std::string, size_t> places_of(const ZipReader& archive, const fs::path& file) {
  std::map<std::string, size_t> places;
  if (archive.names().size() > most_files) refuse(file, fmt::format("has {} files", archive.names().size()));
  for (size_t i = 0; i < archive.names().size(); ++i) {
    const std::string& name = archive.names()[i];
    if (!is_file_name(name)) refuse(file, "has a file named '" + visible(name) + "', which may lead out of the folder");
    if (!archive.is_regular(i)) refuse(file, "has a link or special file, '" + name + "'");
    if (!places.emplace(name, i).second) refuse(file, "has two files named '" + name + "'");
  }
  if (!places.contains(list_name)) refuse(file, std::string("has no ") + list_name);
  return places;
}

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Run run_in(const std::string& content, const fs::path& file) {
  try {
    return parse_run(content, plan_name);
  } catch (const Error& error) {
    refuse(file, error.what());
  }
}

}  // namespace

void pack(const fs::path& folder, const fs::path& file, bool with_data, const std::string& elbo_version) {
  must_be_finished(folder);
  const Run run = read_run(folder);
  std::vector<Unpacked::Member> members = members_of(folder);
  if (with_data)
    for (Unpacked::Member& member : files_of_data(run)) members.push_back(std::move(member));
  const Json list = list_of(members, run, elbo_version);
  const fs::path draft = file.string() + ".part";
  ZipWriter archive(draft);
  archive.add(list_name, list.dump(2) + "\n");
  for (auto& [name, content] : members) archive.add(name, std::move(content));
  archive.close("elbo pack of " + run.folder());
  publish(draft, file);
}

Unpacked read_pack(const fs::path& file) {
  const std::string bytes = read_file(file);
  const ZipReader archive(std::as_bytes(std::span(bytes)), file.string());
  const auto places = places_of(archive, file);
  const Json list = json_or_discarded(text_of(archive.read(places.at(list_name))));
  if (!list.is_object() || !list.contains("format") || list["format"] != format)
    refuse(file, fmt::format("its {} is not of format {}", list_name, format));
  const auto listed = listed_in(list, file);
  for (const auto& [name, place] : places)
    if (name != list_name && !listed.contains(name))
      refuse(file, "has a file that its list does not name, '" + name + "'");
  Unpacked pack{{}, {}, member_or(list, "elbo", std::string())};
  for (const auto& [name, facts] : listed) {
    const auto place = places.find(name);
    if (place == places.end()) refuse(file, "lacks '" + visible(name) + "', which its list names");
    std::string content = text_of(archive.read(place->second));
    if (content.size() != facts.bytes || sha256(content) != facts.sha256)
      refuse(file, fmt::format("'{}' has {} bytes and SHA-256 {}, and its list says {} and {}", name, content.size(),
                               short_hash(sha256(content)), facts.bytes, short_hash(facts.sha256)));
    if (name == plan_name) pack.run = run_in(content, file);
    else pack.files.push_back({name, std::move(content)});
  }
  return pack;
}

std::vector<std::string> find_plugins_here(Run& run) {
  const plugins::Registry registry(plugin_folders());
  std::vector<std::string> differences;
  for_each_library(run, [&](const std::string& kind, PluginChoice& choice) {
    std::string other;  // the hash of one with this name
    for (const plugins::FoundPlugin& found : registry.all()) {
      if (found.kind != kind || found.name != choice.name) continue;
      choice.path = found.path;
      if (other = sha256_of_file(found.path); other == choice.sha256) return;
    }
    const std::string its = fmt::format("{}:{}", kind, choice.name), hash = short_hash(choice.sha256);
    differences.push_back(other.empty()
                              ? fmt::format("{} is not in the folders of plugins here (ELBO_PLUGIN_PATH); the run was "
                                            "made with the one of SHA-256 {}",
                                            its, hash)
                              : fmt::format("{} is another build here (SHA-256 {}) than the run was made with ({})",
                                            its, short_hash(other), hash));
  });
  return differences;
}

void use_packed_data(Unpacked& pack, const fs::path& folder) {
  for_each_path(pack.run.data, [&](const std::string& name, std::string& path) {
    for (const auto& [member, content] : pack.files) {
      const bool is_it = !path.empty() && fs::path(member).stem() == name;
      if (is_it) path = (fs::absolute(folder) / member).lexically_normal().string();
    }
  });
}

void write_unpacked(const Unpacked& pack, const fs::path& folder) {
  if (fs::exists(folder) && (!fs::is_directory(folder) || !fs::is_empty(folder)))
    throw UserError(folder.string() +
                    ": is there already; expected a folder that is empty or not there; name another one with -o");
  fs::create_directories(folder);
  for (const auto& [name, content] : pack.files) write_atomically(folder / name, content);
  write_atomically(folder / plan_name, to_json(pack.run).dump(2) + "\n");  // the last: a folder with it is whole
}

}  // namespace elbo::host::exports
