// Bags of words as LDA-C stores them: a line for each document, "<distinct words> <word>:<count> ...", words from 0.
#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "format_files.hpp"
#include "formats/containers/sparse.hpp"
#include "formats/text/text_fields.hpp"

namespace elbo::host::formats {
namespace {

struct Count {
  int64_t document, word;
  float count;
};

[[noreturn]] void refuse_ldac(const std::string& where, const std::string& found) {
  throw UserError(where + ": " + found + "; expected \"<distinct words> <word>:<count> ...\", as LDA-C writes it");
}

Count count_of(const std::string& field, int64_t document, const std::string& where) {
  const std::string_view text = field;
  const size_t colon = std::min(text.find(':'), text.size());
  const auto word = integer_of(text.substr(0, colon));
  const auto count = integer_of(text.substr(std::min(colon + 1, text.size())));
  if (!word || !count || *word < 0 || *count < 0 || *count > (1 << 24)) refuse_ldac(where, "holds '" + field + "'");
  return {document, *word, static_cast<float>(*count)};
}

/// [documents, words]; as many words as the largest number asks for, where the request does not say how many.
Array parse_ldac(Bytes bytes, const Request& request) {
  const std::filesystem::path& file = request.path;
  const int64_t words = request.values;
  std::vector<Count> counts;
  int64_t document = 0, largest = -1;
  for (const std::string_view line : lines_of(bytes)) {
    const std::string where = fmt::format("{}:{}", file.string(), document + 1);
    const std::vector<std::string> fields = fields_of(line, ' ');
    const auto promised = fields.empty() ? std::nullopt : integer_of(fields[0]);
    if (!promised) refuse_ldac(where, fields.empty() ? "is empty" : "begins with '" + fields[0] + "'");
    if (*promised != static_cast<int64_t>(fields.size()) - 1)
      refuse_ldac(where, fmt::format("promises {} words and holds {}", *promised, fields.size() - 1));
    for (size_t i = 1; i < fields.size(); ++i) {
      counts.push_back(count_of(fields[i], document, where));
      largest = std::max(largest, counts.back().word);
    }
    ++document;
  }
  if (document == 0) refuse_ldac(file.string(), "is empty");
  if (words > 0 && largest >= words)
    refuse_ldac(file.string(), fmt::format("holds word {} of a vocabulary of {}", largest, words));
  Array array = zeros(document, words > 0 ? words : largest + 1, counts.size(), file.string());
  auto& values = std::get<std::vector<float>>(array.values);
  for (const Count& c : counts) values[static_cast<size_t>(c.document * array.shape[1] + c.word)] += c.count;
  return array;
}

}  // namespace

namespace readers {

constinit const Format ldac{.name = "ldac", .extensions = ".ldac", .parse = &parse_ldac, .holds_counts = true};

}  // namespace readers
}  // namespace elbo::host::formats
