// One binary, fast on every processor: a function marked ELBO_CLONES is compiled for baseline x86-64, AVX2 and AVX-512,
// and the right one is chosen when the program is loaded. Elsewhere the mark means nothing.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define ELBO_CLONES __attribute__((target_clones("default", "arch=haswell", "arch=x86-64-v4")))
#else
#define ELBO_CLONES
#endif
