// One file of a data set: found, its content recognised, read.
#pragma once
#include <string>

#include "data/dataset.hpp"
#include "formats/file_state.hpp"

namespace elbo::host::data {

using formats::ChangedData;

struct VerifiedFile {
  Array array;
  FileRecord record;
};

/// Throws UserError: missing, damaged, truncated, or another checksum than the description's; ChangedData when the plan
/// was made of another content.
Array read_verified(const Description& description, const Description::File& file);
/// The same, with all that the record says.
VerifiedFile read_recorded(const Description& description, const Description::File& file);
/// What the file holds now. Where the description has its checksum, nothing else is known and nothing is read.
FileRecord record_of_file(const Description& description, const Description::File& file);

/// Throws UserError naming `where` unless `found` is the description's checksum or it has none.
void check_md5(const Description::File& file, const std::string& found, const std::string& where);
/// Throws ChangedData when the plan was made of another content than `found`.
void check_planned(const Description& description, const Description::File& file, const FileRecord& found);
/// f(); what it says of a file that was planned begins with that it could be read then.
template <class F>
auto as_when_planned(const Description::File& file, F&& f) {
  try {
    return f();
  } catch (const ChangedData&) {
    throw;
  } catch (const UserError& fault) {
    if (!file.planned) throw;
    throw ChangedData(file.planned->file + ": can no longer be read as when the run was planned: " + fault.what());
  }
}

}  // namespace elbo::host::data
