// The words of the progress display, apart from when and where they are shown.
#pragma once
#include <string>

#include "launch/workers.hpp"

namespace elbo::launch {

/// "gaussian   epoch  12/100   elbo -235.12   8.3k images/s   1 m 05 s left", cut to `width` columns.
std::string run_line(const std::string& name, size_t name_width, const Event& event, size_t width);
/// "[######--------------]   2 of 4 runs   40 %   1 m 05 s left", cut to `width` columns; seconds_left < 0:
/// not known.
std::string total_line(size_t finished, size_t runs, double fraction, double seconds_left, size_t width);
/// "gaussian: epoch 12/100, elbo -235.12, 8.3k images/s, 1 m 05 s left"
std::string plain_line(const std::string& name, const Event& event);
/// "gaussian: done in 12 s", "gaussian: failed: <sentence>", "gaussian: stopped"
std::string end_line(const std::string& name, const Result& result);

}  // namespace elbo::launch
