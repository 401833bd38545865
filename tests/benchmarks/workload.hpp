// The training steps that are measured: networks of the shipped plugins on grey images, binarised anew at each showing.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "model/model.hpp"
#include "plan/run.hpp"

namespace elbo::host::bench {

struct Workload {
  std::string name;                       // "mlp batch 100"
  std::vector<int64_t> encoder, decoder;  // units of the hidden layers, from the data to the latents and back
  int64_t latent_dim, batch, samples;
  std::string bound = "elbo";         // or "iwae"
  std::string precision = "float32";  // or "bf16"
  int64_t images = 20000;             // training data
  int64_t test_images = 100;
  Shape shape = {1, 28, 28};           // of one
  std::vector<int64_t> channels = {};  // of convolutions before the encoder's layers and after the decoder's
  double black = 0.75;  // share of values that are 0; binarised, 0.125 are then 1, of handwritten digits 0.13

  std::string likelihood = "bernoulli", observe = "binary";
  int64_t levels = 256;    // of a stored value; under observe = "counts" they are counts
  int64_t parameters = 1;  // of the likelihood, for each value

  int64_t values() const { return numel(shape); }
  int64_t outputs() const { return values() * parameters; }  // of the decoder
};

/// The default one is the first.
std::vector<Workload> workloads();
/// The first one with other likelihoods, on levels and counts of which half are 0.
std::vector<Workload> workloads_of_likelihoods();

/// A workload's images; what they show does not matter.
std::unique_ptr<data::Dataset> made_images(const Workload& workload);

/// A workload as the program would run it.
struct Assembled {
  Run run;
  std::unique_ptr<data::Dataset> dataset;
  std::unique_ptr<BatchSource> source;
  Model model;
};
Assembled assemble(const Workload& workload);
Assembled assemble(const Workload& workload, std::unique_ptr<data::Dataset> dataset);

/// One matrix product of the step, [m, k] times [k, n]; the step order of `products`.
struct Product {
  int64_t m, k, n;
  bool left_transposed, right_transposed;
};
std::vector<Product> products(const Workload& workload);
/// Those of the decoder on `rows` draws, without gradients.
std::vector<Product> decoding(const Workload& workload, int64_t rows);

/// All of them once, by oneDNN, on memory of their own.
class ProductsAlone {
 public:
  explicit ProductsAlone(const std::vector<Product>& products);
  void run();
  bool none() const { return operands_.empty(); }  // of convolutions there is no such list

 private:
  struct Operands {
    Product shape;
    std::vector<float> a, b, c;
  };
  std::vector<Operands> operands_;
};

}  // namespace elbo::host::bench
