// What a likelihood has beside its location, fitted to the training data of a trained decoder.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "evaluate/location.hpp"

namespace elbo::host::transfer {

/// The sizes of x - location over data and positions; sums in float64.
class Residuals {
 public:
  void add(const Tensor& residuals);
  int64_t count() const { return count_; }
  double root_mean_square() const;
  double mean_size() const;

 private:
  int64_t count_ = 0;
  double squares_ = 0, sizes_ = 0;
};

/// Whether the likelihood's init_from gives the maximum of the likelihood of residuals about a location exactly, as a normal distribution
/// does from their mean square: tried on two sets of residuals, whatever the likelihood is called. Of densities of real values
/// only; the masses of levels have no closed form.
bool has_closed_form(Likelihood& likelihood);
/// The raw nuisance parameters that init_from gives for the residuals; empty where its scale is fixed or it says nothing.
std::vector<double> closed_form(Likelihood& likelihood, const Residuals& residuals);

struct Fit {
  std::vector<std::pair<std::string, double>> values;  // raw, by name
  std::string how = "none";                            // "none" to fit, "closed form", "search"
};

/// A decoder's mean on training data, one z ~ q(z|x) for each data point.
struct Seen {
  Batch batch;  // under the view in which it is scored
  Tensor mean;  // [1, B, X...], in the other likelihood's units
};

/// Fits the nuisance parameters of `model.likelihood` and sets them in `location`. In closed form over `rows` training data
/// where there is one; else one after the other, twice where there are several, by a search of the mean log p(x|z) over as
/// many data, evenly spread, as make 500 000 values. `see` gives the data of some rows.
Fit fit(const Model& model, observation::Scoring scoring, Location& location, int64_t rows,
        const std::function<Seen(const Tensor& ids)>& see);

/// The value between low and high at which f is largest: a coarse grid, then golden sections. NaN counts as lowest.
double argmax(double low, double high, const std::function<double(double)>& f);

}  // namespace elbo::host::transfer
