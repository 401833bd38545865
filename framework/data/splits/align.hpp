// Columns of files of their own: names, dates and numbers less a constant mean the same in all parts.
#pragma once
#include "data/dataset.hpp"

namespace elbo::host::data {

/// Adds to the levels of description.table those that a further part of the data has, in alphabetical order, and a note for each column in
/// which there are some. Throws UserError where a column holds another kind of values than in the training data.
void add_levels(const Description::File& file, const std::vector<formats::TableColumn>& table,
                Description& description);

/// Gives the values of a part the codes and origins that description.table says. Throws UserError naming a column with names, dates or such numbers
/// where nothing is known of the training data's.
void align(const Description& description, const Description::File& file, Array& x);

}  // namespace elbo::host::data
