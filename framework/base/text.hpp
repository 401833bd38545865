// Small things said to people.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <elbo/observation.hpp>
#include <elbo/options.hpp>

namespace elbo::host {

/// The candidate with the smallest edit distance; empty when none is near.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);
/// "; did you mean 'gaussian'?", or "; there are: a, b, c" when none is near.
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates);
/// "a, b, c"
std::string join(const std::vector<std::string>& parts, std::string_view separator = ", ");
/// "1 run", "3 runs"
std::string counted(size_t n, const std::string& what);
/// Letters, ASCII ones in lower case, digits, '-' and '_'; other ASCII signs become one '-'. At most so many bytes of UTF-8, cut between
/// characters. Never empty.
std::string slug(std::string_view name, size_t most_bytes = 200);
/// As written in TOML: 4.0, "tanh", [500, 200]
using elbo::to_string;  // of the SDK's own types
std::string to_string(const Value& value);
/// "an integer", "a list of numbers", ...
std::string type_name(const Value& value);
/// 1 m 05 s, 12 s, 2 h 03 m
std::string duration(double seconds);

// Fields of tables in text that other programs read.

/// In quotes where it holds what separates fields (RFC 4180).
std::string csv_field(const std::string& text);
/// As few digits as bring the number back; nothing for nan.
std::string csv_field(double value);

}  // namespace elbo::host
