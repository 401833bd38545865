// What reads the results of somebody else: logs, plans, runs and weights. Each as a target (targets.hpp).
#pragma once
#include "fuzz/support.hpp"

namespace elbo::host::fuzz {

void read_log(Bytes bytes);     // as elbo show and elbo status do
void compare_log(Bytes bytes);  // beside itself, as two runs
void report_log(Bytes bytes);
void export_log(Bytes bytes);
void recover_log(Bytes bytes);
void read_run_json(Bytes bytes);
void read_plan_json(Bytes bytes);
void read_weights(Bytes bytes);

}  // namespace elbo::host::fuzz
