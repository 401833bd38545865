// The verbs of elbo-worker: each does what its words or its request file ask, prints its answer, and returns an exit code.
#pragma once
#include <string>
#include <vector>

#include "plugins/choice.hpp"

namespace elbo::host::worker {

using Words = std::vector<std::string>;

/// FOLDER: does the run whose plan lies in <folder>/run.json, from where it was left; the exit code is one of launch/protocol.hpp.
int run(const Words& words);

/// FILE...: loads each plugin and prints one JSON array with an object for each: what plugins/description_json.hpp reads, or
/// {"error": sentence}.
int describe(const Words& words);

/// FILE SETTINGS, ...; the settings as a JSON object. Prints, as a JSON array, what each likelihood can say of one value: plugins::Traits,
/// or {"error": sentence}.
int traits(const Words& words);

/// The same of objectives: plugins::ObjectiveSummary.
int objective_summary(const Words& words);

/// FILE SETTINGS PROPERTY PART...: checks one plugin, all properties or that one, and prints a JSON object a line: {"expected": names,
/// "process": id} before the plugin is loaded, then {"name", "outcome", "detail", "process", "children"} for each, or {"error": sentence} when the
/// request is at fault. The parts are the likelihoods within one that contains others. 0 when the check itself got to its end.
int check(const Words& words);

/// NAME: prints in a JSON object what train.device = "<name>" is on this computer. Throws UserError where it cannot be had.
int device(const Words& words);

/// RUN..., as JSON: trains each for a few steps on a few data points. Prints a JSON array with one answer a run: {"digest": text}, which is
/// the same for runs that came to the same numbers, or {"fault": sentence} for a run that cannot be trained.
int first_steps(const Words& words);

/// REQUEST of `elbo score`: prints one JSON object a line for each run and likelihood.
int score(const Words& words);

/// REQUEST of `elbo evaluate`: writes evaluation.h5 into the folder of each run, prints one JSON object a line for each run.
int evaluate(const Words& words);

/// REQUEST of `elbo apply`: scores the rows of a file, writes them where that is asked for, prints {"note": sentence}, {"applied": what there is} and {"wrote":
/// file} a line.
int apply(const Words& words);

/// REQUEST of `elbo impute`: completes the rows of a file, writes them where that is asked for, prints {"note": sentence}, {"imputed": what there is}
/// and {"wrote": file} a line.
int impute(const Words& words);

/// REQUEST of `elbo sample`, `reconstruct`, `traverse`, `interpolate` or `manifold`: writes <verb>.h5 and, of images, <verb>.png; prints
/// {"wrote": file} or {"note": sentence} a line.
int generate(const Words& words);

/// RUN FOLDER: writes encoder.pt (x [N, X...] -> mean and scale of q(z|x)), decoder.pt (z [N, L] -> the raw parameters of p(x|z)) and mean.pt
/// (those of one data point [1, P] -> its mean [1, X...]) of a finished run, traced and checked on other input. Prints a line for each file, and
/// why there is no encoder.pt if so. Throws Error when the decoder or the mean cannot be traced.
int torchscript(const Words& words);

/// The plugin of a file with settings given as a JSON object; `parts` are the files of the likelihoods within it.
/// Throws UserError when it cannot be loaded.
PluginChoice choice_of_file(const std::string& file, const std::string& settings, const Words& parts = {});

}  // namespace elbo::host::worker
