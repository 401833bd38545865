// What one pass over the values of a file tells, with little of it in memory at a time.
#pragma once
#include <limits>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "formats/row_file.hpp"

namespace elbo::host::data {

/// Of all values of an array that are not missing.
struct Range {
  bool bytes = false;  // stored as unsigned bytes
  double least = std::numeric_limits<double>::infinity(), most = -std::numeric_limits<double>::infinity();
  bool whole = true;  // none has a fraction or is not finite

  void add(const Array& array);
  bool all_whole_up_to(double top) const { return whole && least >= 0 && most <= top; }
};

struct Scan {
  Range values;
  std::vector<std::string> columns{};  // names, where the file has them
  FileRecord record;                   // shape, checksum, hashes
};

/// Of a file whose format has_rows(), which `opened` is. Kept in the cache folder under all that the system knows of the file
/// (FileState), so that a large file is read for it once. Throws UserError: damaged, another checksum than the
/// description's; ChangedData when the plan was made of another content.
Scan scan_of(const Description& description, const Description::File& file, formats::RowFile& opened);
/// The same, of the file as it is found now.
Scan scan_of(const Description& description, const Description::File& file);

}  // namespace elbo::host::data
