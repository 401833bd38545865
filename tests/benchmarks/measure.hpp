// Google Benchmark underneath: functions measured in repetitions that are interleaved in random order, so that a busy
// phase of the machine meets all of them alike.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace elbo::host::bench {

struct Settings {
  double min_time = 0.02;  // seconds for each measurement of a repetition, at least
  int64_t repetitions = 9;
};

/// Seconds of processor time for one call.
struct Timing {
  double median = 0, least = 0;
};

/// Of at least one value.
double median(std::vector<double> values);

class Measurements {
 public:
  /// Names are unique.
  void add(std::string name, std::function<void()> once);
  /// Measures all that were added. Throws Error with the first message of a function that threw.
  std::map<std::string, Timing> run(const Settings& settings);

 private:
  std::vector<std::pair<std::string, std::function<void()>>> functions_;
};

}  // namespace elbo::host::bench
