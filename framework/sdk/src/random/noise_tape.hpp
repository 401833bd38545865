// What a step draws, kept so that the same tensors can be filled for another step: a step whose operations were recorded
// once and are replayed as they are gets noise of its own all the same.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <elbo/random.hpp>

namespace elbo {

struct Noise;

class ELBO_EXPORT NoiseTape {
 public:
  /// For steps on as many data as there are ids [B], int64; their caller writes each step's ids into this tensor.
  explicit NoiseTape(const Tensor& ids);
  ~NoiseTape();
  NoiseTape(const NoiseTape&) = delete;
  NoiseTape& operator=(const NoiseTape&) = delete;

  /// Runs the step, which takes all its noise from `root` and from what is forked of it, and keeps what it draws.
  void record(const Rng& root, const std::function<void()>& step);
  /// Runs the same step again; what it draws are the kept tensors, as they are. Throws Error when it draws anything else.
  void play(const Rng& root, const std::function<void()>& step);
  /// Gives the kept tensors the values that this root's step on the present ids draws. Throws Error after trouble().
  void refill(const Rng& root);

  /// Why what was recorded cannot be filled again; empty when it can.
  const std::string& trouble() const { return trouble_; }
  size_t draws() const;

 private:
  friend class Rng;
  struct RecordedNoise;

  static NoiseTape* running();
  void run(const Rng& root, bool plays, const std::function<void()>& step);
  void note_fork(uint64_t parent, uint64_t twist, uint64_t child);
  void note_order();
  /// The tensor for this draw, filled.
  Tensor draw(const Noise& noise, const Tensor& made);
  bool are_own(const Tensor& ids) const;

  Tensor ids_;
  std::vector<RecordedNoise> draws_;
  std::map<uint64_t, std::pair<uint64_t, uint64_t>>
      forks_;  // a generator's key -> that of the one it was forked of, and how
  std::string trouble_;
  uint64_t root_ = 0;
  size_t next_ = 0;  // while it plays
  bool plays_ = false, knows_root_ = false;
};

}  // namespace elbo
