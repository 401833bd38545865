// torch warns about every operation whose kernel is replaced; where that is meant, it need not.
#pragma once
#include <c10/util/Exception.h>
#include <torch/version.h>

namespace elbo::host::kernels {

/// While it lives, torch's warnings of this thread are dropped.
class SuppressWarnings {
#if TORCH_VERSION_MAJOR >= 2  // the handler's place and form changed
  struct Silence : c10::WarningHandler {
    void process(const c10::Warning&) override {}
  };
  using Guard = c10::WarningUtils::WarningHandlerGuard;
#else
  struct Silence : c10::WarningHandler {
    void process(const c10::SourceLocation&, const std::string&, bool) override {}
  };
  using Guard = c10::Warning::WarningHandlerGuard;
#endif
  Silence silence_;
  Guard guard_{&silence_};
};

}  // namespace elbo::host::kernels
