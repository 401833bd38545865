// What one pass over the values of a file tells, with little of it in memory at a time.
#pragma once
#include <limits>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::data {

/// Of all values of an array.
struct Range {
  bool bytes = false;  // stored as unsigned bytes
  double least = std::numeric_limits<double>::infinity(), most = -std::numeric_limits<double>::infinity();
  bool whole = true;  // none has a fraction or is not finite

  void add(const Array& array);
  bool all_whole_up_to(double top) const { return whole && least >= 0 && most <= top; }
};

struct Scan {
  Shape shape;
  std::vector<std::string> columns{};  // names, where the file has them
  Range values;
  std::string md5;  // what content_md5 gives
};

/// Of a file whose format has_rows(). Kept in the cache folder for files that have not been written to meanwhile, so
/// that only the first run of a large file waits for it. Throws UserError.
Scan scan_of(const Description& description, const Description::File& file);

}  // namespace elbo::data
