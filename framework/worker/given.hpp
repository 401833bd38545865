// What p(x|c) is given of codes that are no data: a request names it, or it is that of test data.
#pragma once
#include <nlohmann/json.hpp>
#include <vector>

#include "worker/assemble.hpp"

namespace elbo::host::worker {

/// c of n codes.
struct Given {
  std::vector<std::vector<double>> values;  // one list for each of Dataset::condition, as Split::condition has them
  Tensor c;                                 // [n, C]; undefined where nothing is given
};

/// Of each code what is given of the test data point with this number, but for what "given" of the request names: {"sex": "female"}. Throws
/// UserError: a name that is not given of the data, a level that the training data lack, or a run of p(x).
Given given_for(const Trained& trained, const nlohmann::ordered_json& request, const std::vector<int64_t>& ids);

/// The numbers of so many test data, from the first on and again where there are fewer.
std::vector<int64_t> test_data_in_turn(const Trained& trained, int64_t count);

}  // namespace elbo::host::worker
