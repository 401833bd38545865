// When latents say nothing of the data, and the model is its likelihood alone (posterior collapse: Bowman et al. 2016).
#pragma once
#include <cstdint>

namespace elbo::host::log {

inline constexpr double collapsed_kl = 0.05;            // nats of KL(q(z|x) || p(z)) below which they do
inline constexpr int64_t steps_before_collapse = 1000;  // a training run is not judged earlier

/// False for NaN.
constexpr bool is_collapsed(double kl) { return kl < collapsed_kl; }

/// What may help.
inline constexpr const char* against_collapse =
    "try a weight of the KL of at most 1 that rises over some epochs (objective = { plugin = \"beta\", beta = 1.0, "
    "warmup_epochs = 10 }), a narrower start "
    "(encoder.initial_log_scale = -3, where the encoder has that option), a smaller train.optimizer.lr, or fewer "
    "hidden layers";

}  // namespace elbo::host::log
