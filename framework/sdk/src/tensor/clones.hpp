// One binary, fast on every processor: clones<f> is the function f compiled for baseline x86-64, for AVX2 and for AVX-512, of which each call
// takes the widest that cpu_level() allows. Whatever f calls becomes part of each (flatten): a loop with a call in it is no vector code.
#pragma once

#include <elbo/cpu_level.hpp>

namespace elbo {

template <auto f>
struct Clones;

template <class R, class... A, R (*f)(A...)>
struct Clones<f> {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
  [[gnu::flatten, gnu::target("arch=x86-64-v4")]] static R for_avx512(A... a) { return f(a...); }
  [[gnu::flatten, gnu::target("arch=x86-64-v3")]] static R for_avx2(A... a) { return f(a...); }
  [[gnu::flatten]] static R for_any(A... a) { return f(a...); }

  static R call(A... a) {
    static const auto chosen = cpu_level() == CpuLevel::avx512 ? for_avx512
                               : cpu_level() == CpuLevel::avx2 ? for_avx2
                                                               : for_any;
    return chosen(a...);
  }
#else
  static R call(A... a) { return f(a...); }
#endif
};

template <auto f>
inline constexpr auto clones = &Clones<f>::call;

}  // namespace elbo
