#include "data/audit/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.hpp"
#include "data/audit/grid.hpp"

namespace elbo::host::data {
namespace {

constexpr double heavy = 0.05;  // share of a column that one value may hold without a word
constexpr double repeated_on_a_grid = 0.8,
                 repeated_anywhere = 1.0 / 3;  // distinct over all values, below which repeats matter
constexpr size_t few_values = 20;
constexpr size_t columns_named = 4;
constexpr int64_t values_kept = 8'000'000, least_rows = 2000, most_rows_kept = 65536;
constexpr size_t most_levels_watched = 65536;

/// Spreads the numbers of rows, so that every k-th is an even choice whatever the order of the rows.
uint64_t scattered(uint64_t row) {
  row = (row ^ (row >> 31)) * 0x7fb5d329728ea185ULL;
  row = (row ^ (row >> 27)) * 0x81dadef4bc2dd44dULL;
  return row ^ (row >> 33);
}

std::string share_in_words(int64_t count, int64_t total) {
  return fmt::format("{:.1f} %", 100 * static_cast<double>(count) / static_cast<double>(total));
}

/// "-200 (18.3 %), 0 (5.1 %)": the values that hold more than this share, the heaviest first, three at most.
std::string heaviest(const Distinct& found, double above) {
  std::vector<size_t> order;
  for (size_t i = 0; i < found.values.size(); ++i)
    if (static_cast<double>(found.counts[i]) > above * static_cast<double>(found.total)) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return found.counts[a] > found.counts[b]; });
  std::vector<std::string> words;
  for (size_t i = 0; i < std::min<size_t>(3, order.size()); ++i)
    words.push_back(
        fmt::format("{:.6g} in {}", found.values[order[i]], share_in_words(found.counts[order[i]], found.total)));
  return join(words);
}

/// Whether the values that are not heavy are so few for their number.
bool repeats(const Distinct& found, double share) {
  int64_t values = 0, total = 0;
  for (const int64_t count : found.counts)
    if (static_cast<double>(count) <= heavy * static_cast<double>(found.total)) ++values, total += count;
  return total > 0 && static_cast<double>(values) <= share * static_cast<double>(total);
}

/// "999 in 20.0 %": a highest value that many share, more than three times as far from all others as those lie apart.
std::string outlying(const Distinct& found) {
  if (found.values.size() < 4) return "";
  const double low = found.values.front(), next = found.values[found.values.size() - 2], highest = found.values.back();
  const bool is_heavy = static_cast<double>(found.counts.back()) > heavy * static_cast<double>(found.total);
  if (!is_heavy || highest - next <= 3 * (next - low)) return "";
  return fmt::format("{:.6g} in {}, the others {:.6g} to {:.6g}", highest,
                     share_in_words(found.counts.back(), found.total), low, next);
}

}  // namespace

ColumnWatch::ColumnWatch(const Dataset& dataset, const std::vector<int64_t>& counted)
    : dataset_(&dataset),
      row_(static_cast<size_t>(numel(dataset.shape))),
      is_table_(!dataset.columns.empty()),
      is_real_(measure_of(dataset.support) == Measure::lebesgue),
      low_(row_, std::numeric_limits<float>::infinity()),
      high_(row_, -std::numeric_limits<float>::infinity()) {
  const bool keeps = is_real_ || dataset.support == Support::counts;
  if (keeps) kept_.resize(is_table_ ? row_ : 1);
  under_density_.assign(kept_.size(), is_real_);
  for (const int64_t column : counted)
    if (static_cast<size_t>(column) < under_density_.size()) under_density_[static_cast<size_t>(column)] = false;
  const auto width = static_cast<int64_t>(row_);
  const int64_t rows = is_table_ ? std::clamp(values_kept / width, least_rows, most_rows_kept)
                                 : std::max<int64_t>(1, values_kept / 8 / width);
  every_ = std::max<int64_t>(1, (dataset.train.x.rows() + rows - 1) / rows);
  if (dataset.support == Support::levels) occurs_.resize(most_levels_watched);
}

template <class T>
void ColumnWatch::keep(const T* row) {
  for (size_t j = 0; j < row_; ++j)
    if (const auto value = static_cast<float>(row[j]); !std::isnan(value)) kept_[is_table_ ? j : 0].push_back(value);
}

template <class T>
void ColumnWatch::add(const std::vector<T>& values) {
  for (size_t first = 0; first < values.size(); first += row_, ++data_) {
    const T* row = values.data() + first;
    for (size_t j = 0; j < row_; ++j) {
      low_[j] = std::min(low_[j], static_cast<float>(row[j]));
      high_[j] = std::max(high_[j], static_cast<float>(row[j]));
    }
    if (!kept_.empty() && scattered(static_cast<uint64_t>(data_)) % static_cast<uint64_t>(every_) == 0) keep(row);
  }
  if (occurs_.empty()) return;
  for (const T value : values)
    if (static_cast<double>(value) >= 0 && static_cast<double>(value) < most_levels_watched)
      ++occurs_[static_cast<size_t>(value)];
}

template void ColumnWatch::add(const std::vector<uint8_t>&);
template void ColumnWatch::add(const std::vector<float>&);

std::string ColumnWatch::name_of(size_t column) const {
  const std::string place = std::to_string(column + 1);
  const std::string& name = dataset_->columns.at(column);
  return name == place ? place : place + " '" + name + "'";
}

template <class F>
std::string ColumnWatch::list(F&& words_of) const {
  std::vector<std::string> named;
  size_t more = 0;
  for (size_t j = 0; j < row_; ++j) {
    const std::string words = words_of(j);
    if (words.empty()) continue;
    if (named.size() < columns_named) named.push_back(name_of(j) + " (" + words + ")");
    else ++more;
  }
  if (named.empty()) return "";
  return (named.size() > 1 ? "columns " : "column ") + join(named) +
         (more > 0 ? fmt::format(" and {} more", more) : "");
}

void ColumnWatch::add_levels(std::vector<std::string>& sentences) const {
  std::vector<float> levels;
  for (size_t level = 0; level < occurs_.size(); ++level)
    if (occurs_[level] > 0) levels.push_back(static_cast<float>(level));
  if (levels.empty() || static_cast<int64_t>(levels.size()) * 2 >= dataset_->levels) return;
  const Distinct used = distinct(levels);
  const double step = grid_step(used).value_or(1);
  sentences.push_back(
      fmt::format("{} levels are declared and {} occur, from {:.0f} to {:.0f}{}; masses and bits/dim count levels that "
                  "there are not: {}describe the "
                  "data with levels = {:.0f} (datasets/README.md), or observe them as counts",
                  dataset_->levels, levels.size(), levels.front(), levels.back(),
                  step > 1 ? fmt::format(", all in steps of {:.0f}", step) : "",
                  step > 1 ? fmt::format("divide them by {:.0f} and ", step) : "",
                  step > 1 ? (static_cast<double>(levels.back()) - static_cast<double>(levels.front())) / step + 1
                           : static_cast<double>(levels.back()) + 1));
}

void ColumnWatch::add_constant(std::vector<std::string>& sentences) const {
  if (data_ < 2) return;
  if (is_table_) {
    const std::string found = list(
        [&](size_t j) { return low_[j] == high_[j] ? fmt::format("always {:.6g}", low_[j] + 0.0F) : std::string(); });
    if (!found.empty())
      sentences.push_back(found + ": the value never varies, and there is nothing to learn from it" +
                          (is_real_ ? "; a density grows without bound there" : "") +
                          ": leave it out with dataset.select");
    return;
  }
  int64_t constant = 0;
  for (size_t j = 0; j < row_; ++j) constant += low_[j] == high_[j];
  if (is_real_ && constant > 0)
    sentences.push_back(fmt::format(
        "at {} of {} positions the value never varies, where a density grows without bound: leave them out, "
        "or store the levels that were measured and observe those",
        constant, row_));
}

void ColumnWatch::add_columns(std::vector<std::string>& sentences) const {
  struct Seen {
    Distinct values;
    double step = 0;  // 0 where there is no grid
    bool is_counter = false, is_real = false;
  };
  std::vector<Seen> seen;
  for (size_t j = 0; j < kept_.size(); ++j) {
    Seen one{distinct(kept_[j])};
    one.is_real = under_density_[j];
    one.step = grid_step(one.values).value_or(0);
    one.is_counter = is_table_ && one.step > 0 && counts_the_rows(one.values, one.step);
    seen.push_back(std::move(one));
  }
  const auto varies = [](const Seen& s) { return s.values.values.size() > 1; };
  const auto is_few = [&](const Seen& s) {
    return varies(s) && s.values.values.size() <= few_values && s.values.total > 2 * static_cast<int64_t>(few_values);
  };
  const auto say = [&](auto&& words_of, const std::string& then) {
    if (is_table_) {
      const std::string found = list([&](size_t j) { return words_of(seen[j]); });
      if (!found.empty()) sentences.push_back(found + then);
    } else if (const std::string words = words_of(seen[0]); !words.empty()) {
      sentences.push_back("all values together (" + words + ")" + then);
    }
  };

  say(
      [&](const Seen& s) {
        return s.is_counter
                   ? fmt::format("{:.6g} to {:.6g}, each at most once", s.values.values.front(), s.values.values.back())
                   : std::string();
      },
      ": evenly spaced values that do not repeat number the rows, and say nothing of the data: leave them out with "
      "dataset.select");
  if (is_real_)
    say(
        [&](const Seen& s) {
          return s.is_real && is_few(s) && !s.is_counter
                     ? fmt::format("{} distinct, {}", s.values.values.size(), heaviest(s.values, 0))
                     : std::string();
        },
        ": so few values are levels, and a density of them grows without bound: observe = \"columns\" gives them a "
        "likelihood of levels; "
        "or store them as whole numbers");
  if (is_real_)
    say([&](const Seen& s) { return s.is_real && varies(s) && !is_few(s) ? heaviest(s.values, heavy) : std::string(); },
        ": one value holds more than 5 % of the column, as one that stands for \"missing\" or a limit of the "
        "instrument does; a density "
        "grows without bound there: leave those rows out, put the value right, or say by dataset.missing_values that "
        "it stands for a missing one");
  say([&](const Seen& s) { return s.is_real ? std::string() : outlying(s.values); },
      ": one value far from all others holds more than 5 % of the counts, as one that stands for \"missing\" does: "
      "leave those rows out, or put "
      "the value right");
  say(
      [&](const Seen& s) {
        const bool is_telling =
            is_real_ ? s.is_real
                     : s.step > 1;  // any grid is under a density, of counts one that is coarser than theirs
        const bool on_grid = varies(s) && !is_few(s) && !s.is_counter && is_telling &&
                             repeats(s.values, s.step > 0 ? repeated_on_a_grid : repeated_anywhere);
        return on_grid
                   ? fmt::format("{}{} distinct of {}", s.step > 0 ? fmt::format("in steps of {:.6g}, ", s.step) : "",
                                 s.values.values.size(), s.values.total)
                   : std::string();
      },
      is_real_ ? ": the values lie on a grid or repeat as rounded ones do, and a density gains without bound from a "
                 "scale below the steps between "
                 "them: bound the scale there, observe them as levels or counts, or add noise of one step before"
               : ": counts that lie on a coarser grid were scaled: divide them by its step");
}

std::vector<std::string> ColumnWatch::findings() const {
  std::vector<std::string> sentences;
  if (data_ == 0) return sentences;
  if (!occurs_.empty()) add_levels(sentences);
  add_constant(sentences);
  if (!kept_.empty()) add_columns(sentences);
  return sentences;
}

}  // namespace elbo::host::data
