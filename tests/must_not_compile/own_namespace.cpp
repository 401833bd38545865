// expected: nothing
// A namespace with an operator+ of its own, which hides those outside: tensors and shapes are added all the same.
#include <elbo/sdk.hpp>

#include "plugin.hpp"

namespace mine {

struct Interval {
  double low, high;
};
Interval operator+(Interval a, Interval b) { return {a.low + b.low, a.high + b.high}; }
/// Element by element, which the SDK's own must not be taken for.
std::vector<int64_t> operator+(std::vector<int64_t> a, const std::vector<int64_t>& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

class Prior : public WholePrior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Prior(const Config&, const elbo::Context& context)
      : shape_(elbo::joined({2}, context.observation.shape)),
        twice_(shape_ + shape_),
        z_(elbo::zeros(shape_) + elbo::zeros(shape_)) {}

 private:
  elbo::Shape shape_, twice_;
  elbo::Tensor z_;
};

}  // namespace mine

// And where there is no namespace, one of the author's own is not ambiguous.
elbo::Shape operator+(elbo::Shape a, const elbo::Shape&) { return a; }
const elbo::Shape sum = elbo::Shape{1} + elbo::Shape{2};

ELBO_PRIOR(mine, mine::Prior, "in a namespace of its own");
