// What verbs that show a trained model other data ask of the worker: how the file is read, and where the answer goes.
#pragma once
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace elbo::host::cli {

/// --set KEY=VALUE of the keys of [dataset] that may differ from file to file, as a JSON object. Throws UserError for others.
nlohmann::ordered_json reading_settings(const std::string& verb, const ParsedArguments& given);

/// NAME=VALUE of what is given of data, as a JSON object of texts. Throws UserError where one has no '=', or no name.
nlohmann::ordered_json given_in(const std::string& verb, const std::vector<std::string>& words);

/// Throws UserError where there is no folder for one of these files, or where it holds `file`, data of the run or what the run has written, which
/// it would take the place of.
void check_output(const std::vector<std::filesystem::path>& files, const std::filesystem::path& file,
                  const std::filesystem::path& folder);

/// Asks the worker, and prints what it says: the answer, which stands under the key `what`, in words for a terminal of this width (0: no
/// terminal) or with --json as it is; notes about `file`; and the files that it wrote.
void print_answers(const std::string& verb, const nlohmann::ordered_json& request, const ParsedArguments& given,
                   const std::string& what, const std::string& file,
                   const std::function<std::string(const nlohmann::ordered_json& answer, size_t width)>& in_words);

}  // namespace elbo::host::cli
