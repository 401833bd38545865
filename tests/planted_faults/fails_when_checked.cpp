#include <unistd.h>

#include <cstdlib>

#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

// Sound on the data of a run, which are rows of a table, and of single values; of images, as the check at the start of a run has them, it crashes or never ends.
class FailsWhenChecked final : public planted::Normal {
 public:
  struct Config {
    std::string how = "crashes";
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("how", &Config::how, "what it does").one_of({"crashes", "hangs", "exits"});
  }
  FailsWhenChecked(const Config& config, const elbo::Context& context) : Normal({}, context), how_(config.how) {
    // Stored, so that runs with different options are not the same run.
    buffer("how", elbo::full({1}, static_cast<double>(how_.size() * 10 + how_[0])));
  }

 private:
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    if (shape_.size() == 3 && how_ == "crashes") std::abort();
    if (shape_.size() == 3 && how_ == "exits") std::exit(0);
    while (shape_.size() == 3 && how_ == "hangs") ::sleep(1);
    return Normal::do_log_prob(x, theta);
  }

  std::string how_;
};
}  // namespace

ELBO_LIKELIHOOD(fails_when_checked, FailsWhenChecked, "crashes, hangs or exits where its normalisation is checked");
