// Samples in any number, in the units of the stored data: as rows of a table, as an array, as pictures.
#pragma once
#include <nlohmann/json.hpp>

#include <filesystem>
#include <vector>

#include "data/new_data.hpp"
#include "worker/assemble.hpp"

namespace elbo::host::worker {

/// In `mean` [B, X...], which the likelihood gives for theta, the codes of names become those of the most probable ones.
void put_most_probable(const std::vector<elbo::Column>& observed, const std::vector<formats::TableColumn>& kept,
                       const Model& model, const Theta& theta, Tensor& mean);

/// z ~ p(z) and E[x|z], or x ~ p(x|z), as `request` says: count, seed, draw, and as "csv", "npz" or "png". Writes sample.<as>, or a folder of
/// pictures, and sample.json, which says how they were made. The samples are those of `elbo sample` without a form. Throws
/// UserError where the data have no such form.
void write_samples(Trained& t, const nlohmann::ordered_json& request, const std::filesystem::path& folder);

}  // namespace elbo::host::worker
