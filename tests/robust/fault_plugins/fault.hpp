// What a plugin may do wrong, chosen by its options.
#pragma once
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <elbo/options.hpp>

namespace fault {

struct Config {
  std::string how = "none";
  std::string where = "call";
};

template <class Options>
void describe(Options& o) {
  o.add("how", &Config::how, "what goes wrong")
      .one_of({"none", "segfault", "abort", "sleep", "memory", "throw_int", "exit", "underscore_exit", "stack"});
  o.add("where", &Config::where, "when: as it is made, or in the first call").one_of({"constructor", "call"});
}

inline int deeper(int level) {
  const volatile int n = level;  // or the compiler would make it a loop
  return n < 0 ? 0 : deeper(n + 1) + 1;
}

/// Touches what it takes, as a plugin would.
inline void take_memory() {
  std::vector<std::vector<char>> taken;
  for (int i = 0; i < 100; ++i) taken.emplace_back(size_t{1} << 30, 'x');
}

inline void happen(const std::string& how) {
  if (how == "none") return;
  std::cerr << "about to " << how << std::endl;
  if (how == "segfault") *static_cast<volatile int*>(nullptr) = 1;
  if (how == "abort") std::abort();
  if (how == "sleep") std::this_thread::sleep_for(std::chrono::hours(1000));
  if (how == "memory") take_memory();
  if (how == "throw_int") throw 42;
  if (how == "exit") std::exit(0);
  if (how == "underscore_exit") _exit(0);
  if (how == "stack") std::cerr << deeper(0);
}

inline void happen(const Config& config, const char* where) {
  if (config.where == where) happen(config.how);
}

/// As the library is loaded: in the worker of a run only, so that describing it goes well.
inline const bool loaded = [] {
  std::ifstream words("/proc/self/cmdline");
  std::string program, verb;
  const char* how = std::getenv("ELBO_FAULT_AT_LOAD");
  if (how && std::getline(words, program, '\0') && std::getline(words, verb, '\0') && verb == "run") happen(how);
  return true;
}();

}  // namespace fault
