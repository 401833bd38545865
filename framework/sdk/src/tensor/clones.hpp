// One binary, fast on every processor: a function marked ELBO_CLONES is compiled for baseline x86-64, AVX2 and AVX-512,
// and the right one is chosen when the program is loaded; by what the processor can do, while "arch=haswell" would ask whether it
// is that very model. Elsewhere the mark means nothing. Whatever such a function calls becomes part of it (flatten): a loop with a
// call in it is no vector code.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define ELBO_CLONES __attribute__((flatten, target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define ELBO_CLONES
#endif
