// Bags of words as LDA-C stores them: a line for each document, "<distinct words> <word>:<count> ...", words from 0.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

#include "data/dataset.hpp"

namespace elbo::data {

/// [documents, words]; `words` 0 means as many as the largest number asks for. Throws UserError naming file and line.
Array parse_ldac(std::span<const std::byte> bytes, const std::filesystem::path& file, int64_t words);

}  // namespace elbo::data
