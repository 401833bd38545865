// A text table read as another one was, of new data or of another part of the same: the same columns, codes and units.
#pragma once
#include "formats/format.hpp"

namespace elbo::host::formats {

/// The columns that `request.as_before` keeps, in its order, found by name; by place in a table without a header. What else the table has is
/// left out, and a note says so unless it is a part of the same data. Throws UserError: a column is missing, or a field is none of its column's values (row, column, what was expected).
Array columns_as_before(Bytes bytes, const Request& request);

}  // namespace elbo::host::formats
