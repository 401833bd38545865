// Tells the front how far a run is.
#pragma once
#include <chrono>

#include "launch/protocol.hpp"
#include "plan/run.hpp"
#include "train/checkpoint.hpp"

namespace elbo::worker {

/// One event on standard output.
void say(const launch::Event& event);

/// At most four times a second, except for ends of epochs.
class Teller {
 public:
  Teller(const Run& run, int64_t train_rows) : run_(run), rows_(train_rows) {}

  void tick(const Progress& progress, double per_second);
  void epoch(const Progress& progress, double per_second);
  void evaluating(double fraction);
  /// Of the last test pass.
  void elbo(double value);

 private:
  bool too_soon();
  launch::Event event(const char* type, const Progress& progress, double per_second) const;

  const Run& run_;
  int64_t rows_;
  double elbo_ = 0;
  bool has_elbo_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace elbo::worker
