#include "sdk/src/random/noise_tape.hpp"

#include "sdk/src/random/noise.hpp"

namespace elbo {
namespace {

thread_local NoiseTape* at_work = nullptr;

}  // namespace

/// A draw with the way from the root to the generator it came from.
struct NoiseTape::RecordedNoise {
  Noise noise;
  std::vector<uint64_t> twists;
  Tensor values;

  uint64_t key_from(uint64_t root) const {
    for (const uint64_t twist : twists) root = forked_key(root, twist);
    return root;
  }
};

NoiseTape::NoiseTape(const Tensor& ids) : ids_(ids) {
  if (ids.scalar_type() != at::kLong || !ids.is_contiguous())
    throw Error("NoiseTape: found ids of another type; expected contiguous int64");
}
NoiseTape::~NoiseTape() = default;
size_t NoiseTape::draws() const { return draws_.size(); }

NoiseTape* NoiseTape::running() { return at_work; }

void NoiseTape::run(const Rng& root, bool plays, const std::function<void()>& step) {
  struct Scope {
    NoiseTape* before = at_work;
    ~Scope() { at_work = before; }
  } const scope;
  at_work = this;
  plays_ = plays;
  knows_root_ = false;
  next_ = 0;
  forks_.clear();
  root.fork("whose key the tape learns so");
  step();
}

void NoiseTape::record(const Rng& root, const std::function<void()>& step) {
  draws_.clear();
  trouble_.clear();
  run(root, false, step);
}

void NoiseTape::play(const Rng& root, const std::function<void()>& step) {
  run(root, true, step);
  if (next_ != draws_.size())
    throw Error("NoiseTape: the step drew fewer numbers than when it was recorded; expected the same step");
}

void NoiseTape::note_fork(uint64_t parent, uint64_t twist, uint64_t child) {
  if (!knows_root_) {
    root_ = parent;
    knows_root_ = true;
  }
  forks_.emplace(child, std::pair(parent, twist));
}

void NoiseTape::note_order() { trouble_ = "it draws a random order"; }

bool NoiseTape::are_own(const Tensor& ids) const {
  return !ids.defined() ||
         (ids.device() == ids_.device() && ids.data_ptr() == ids_.data_ptr() && ids.sizes() == ids_.sizes());
}

Tensor NoiseTape::draw(const Noise& noise, const Tensor& made) {
  if (plays_) {
    const RecordedNoise* kept = next_ < draws_.size() ? &draws_[next_++] : nullptr;
    const bool same = kept && kept->key_from(root_) == noise.key && kept->noise.distribution == noise.distribution &&
                      kept->noise.call == noise.call && kept->noise.first_sample == noise.first_sample &&
                      kept->noise.ids.defined() == noise.ids.defined() && kept->values.sizes() == made.sizes() &&
                      kept->values.options().type_equal(made.options());
    if (!same) throw Error("NoiseTape: the step drew other numbers than when it was recorded; expected the same step");
    return kept->values;
  }
  fill(noise, made);
  RecordedNoise draw{noise, {}, made};
  uint64_t key = noise.key;
  for (auto fork = forks_.find(key); key != root_ && fork != forks_.end(); fork = forks_.find(key)) {
    draw.twists.insert(draw.twists.begin(), fork->second.second);
    key = fork->second.first;
  }
  if (key != root_) trouble_ = "it draws from another generator than the step's";
  if (!are_own(noise.ids)) trouble_ = "it draws for other data than the step's";
  draws_.push_back(std::move(draw));
  return made;
}

void NoiseTape::refill(const Rng& root) {
  if (!trouble_.empty()) throw Error("NoiseTape: the step cannot be filled again, since " + trouble_);
  run(root, false, [] {});
  for (const RecordedNoise& draw : draws_) {
    Noise noise = draw.noise;
    noise.key = draw.key_from(root_);
    if (noise.ids.defined()) noise.ids = ids_;
    fill(noise, draw.values);
  }
}

}  // namespace elbo
