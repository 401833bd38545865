# elbo_precompile(<target> <group>): most of a file's compile time goes into reading the same large headers, so the
# targets of a group read them once. The first target of a group owns them; the others must be compiled alike, and may only
# define more macros than it.
set(elbo_headers_host
  <algorithm> <cmath> <filesystem> <functional> <map> <memory> <optional> <string> <vector>
  <fmt/format.h> <nlohmann/json.hpp>)
set(elbo_headers_torch ${elbo_headers_host} <elbo/tensor.hpp>)
set(elbo_headers_plugin <algorithm> <cmath> <memory> <optional> <string> <vector> <elbo/sdk.hpp>)
set(elbo_headers_sdk ${elbo_headers_plugin})  # read anew, for the options of its loops
set(elbo_headers_host_test ${elbo_headers_host} <gtest/gtest.h>)
set(elbo_headers_torch_test <algorithm> <cmath> <memory> <optional> <string> <vector> <elbo/tensor.hpp> <gtest/gtest.h>)

function(elbo_precompile target group)
  get_property(owner GLOBAL PROPERTY ELBO_PRECOMPILED_${group})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    set_property(GLOBAL PROPERTY ELBO_PRECOMPILED_${group} ${target})
    target_precompile_headers(${target} PRIVATE ${elbo_headers_${group}})
  endif()
endfunction()
