// All that a run needs to go on as if it had never stopped. Noise and data order are functions of (seed, epoch,
// step), so a checkpoint holds no generator state.
#pragma once
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "model/model.hpp"
#include "train/optimizer.hpp"
#include "train/plateau.hpp"
#include "train/weight_average.hpp"

namespace elbo::host {

struct Progress {
  int64_t epoch = 0;         // epochs finished
  int64_t step = 0;          // steps finished in the present epoch
  int64_t global_step = 0;   // steps finished in all
  double seconds = 0;        // spent training so far
  double epoch_seconds = 0;  // of them in the present epoch
  // Of early stopping, all on the validation data:
  double best_elbo = -std::numeric_limits<double>::infinity();     // the highest so far
  double elbo_to_beat = -std::numeric_limits<double>::infinity();  // by min_delta, to count as better
  int64_t best_epoch = 0;                                          // of best_elbo; 0: none yet
  int64_t passes_without_better = 0;
  NamedTensors best_weights;           // parameters and buffers after best_epoch; empty unless they are to be restored
  WeightAverage average;               // of train.average_decay
  Plateau plateau;                     // of train.schedule, on the validation data
  bool finished = false;               // training ended; evaluation is next
  std::map<std::string, double> sums;  // of the present epoch, over its data so far
  std::vector<double> kl_per_dim_sums;
};

/// Writes to the older of two alternating files, synced and renamed: one good checkpoint is always there. Throws Error.
void save_checkpoint(const std::filesystem::path& folder, Model& model, Optimizer& optimizer, const Progress& progress);
/// Loads the newest checkpoint that can be read; a truncated or damaged one is passed over. Nothing when there is none.
std::optional<Progress> load_checkpoint(const std::filesystem::path& folder, Model& model, Optimizer& optimizer);
/// Removes the one that load_checkpoint() would load, so that it loads the one before.
void forget_newest_checkpoint(const std::filesystem::path& folder);
bool has_checkpoint(const std::filesystem::path& folder);
/// Epochs that the newest one has finished; 0 where none can be read.
int64_t epochs_in_checkpoint(const std::filesystem::path& folder);
/// The newest one, as the first of the run in `folder`. Throws Error where there is none.
void copy_checkpoint(const std::filesystem::path& from, const std::filesystem::path& folder);

/// In the folder of a finished run: its last checkpoint, for a training of more epochs.
inline constexpr const char* training_state = "training_state";
/// Of the newest checkpoint; no other is left.
void keep_training_state(const std::filesystem::path& folder);
/// As the first checkpoint of the run in `folder`.
void take_training_state(const std::filesystem::path& from, const std::filesystem::path& folder);
void remove_checkpoints(const std::filesystem::path& folder);

}  // namespace elbo::host
