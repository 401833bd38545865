// A card that says what its author wants, for libraries whose card is wrong on purpose or that need no SDK.
#pragma once
#include <cstddef>  // _GLIBCXX_USE_CXX11_ABI
#include <elbo/abi.hpp>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define ABI TEXT(ELBO_ABI)
#define CXX11ABI TEXT(_GLIBCXX_USE_CXX11_ABI)

#define BROKEN_CARD(abi, kind, name, torch, cxx11abi)                                                   \
  extern "C" __attribute__((used, section("elboplug"), visibility("default"))) const char elbo_card[] = \
      "elbo-plugin\0abi=" abi "\0kind=" kind "\0name=" name "\0summary=wrong on purpose\0torch=" torch  \
      "\0cxx11abi=" cxx11abi "\0compiler=any"
