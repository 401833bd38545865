// The training steps that are measured: networks of the shipped plugins on grey images, binarised anew at each showing.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "objective/model.hpp"
#include "plan/run.hpp"

namespace elbo::bench {

struct Workload {
  std::string name;                       // "mlp batch 100"
  std::vector<int64_t> encoder, decoder;  // units of the hidden layers
  int64_t latent_dim, batch, samples;
  std::string bound;  // "elbo" or "iwae"
};

inline constexpr int64_t pixels = 784;

/// The default one is the first.
std::vector<Workload> workloads();

/// 20000 of 28 x 28 pixels that are mostly black, as handwritten digits are; what they show does not matter.
std::unique_ptr<data::Dataset> grey_images();

/// A workload as the program would run it.
struct Assembled {
  Run run;
  std::unique_ptr<data::Dataset> dataset;
  std::unique_ptr<Feed> feed;
  Model model;
};
Assembled assemble(const Workload& workload, std::unique_ptr<data::Dataset> dataset = grey_images());

/// One matrix product of the step, [m, k] times [k, n]; the step order of `products`.
struct Product {
  int64_t m, k, n;
  bool left_transposed, right_transposed;
};
std::vector<Product> products(const Workload& workload);

/// All of them once, by oneDNN, on memory of their own.
class ProductsAlone {
 public:
  explicit ProductsAlone(const Workload& workload);
  void run();

 private:
  struct Operands {
    Product shape;
    std::vector<float> a, b, c;
  };
  std::vector<Operands> operands_;
};

}  // namespace elbo::bench
