// Small things said to people.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <elbo/options.hpp>

namespace elbo {

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
std::string to_string(const Value& value);
/// "an integer", "a list of numbers", ...
std::string type_name(const Value& value);
/// 1 m 05 s, 12 s, 2 h 03 m
std::string duration(double seconds);

}  // namespace elbo
