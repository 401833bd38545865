#include "sdk/src/plugin/call.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <string_view>

namespace elbo {
namespace {

char own_page[Call::page_size] = "";
char* page = own_page;
const Call* innermost = nullptr;

/// Zero-terminated up to here at every moment: the process may die between any two bytes.
size_t append(size_t at, std::string_view text) noexcept {
  const size_t count = std::min(text.size(), Call::page_size - 1 - at);
  page[at + count] = '\0';
  std::memcpy(page + at, text.data(), count);
  return at + count;
}

}  // namespace

Call::Call(const std::string& label, const char* function) noexcept
    : label_(label), function_(function), outer_(innermost), exceptions_(std::uncaught_exceptions()) {
  innermost = this;
  write();
}

Call::~Call() {
  innermost = outer_;
  if (std::uncaught_exceptions() > exceptions_) return;
  if (outer_) outer_->write();
  else page[0] = '\0';
}

void Call::write() const noexcept { append(append(append(0, label_), ", in "), function_); }

void Call::keep_in(char* memory) noexcept {
  page = memory;
  page[0] = page[page_size - 1] = '\0';
}

std::string Call::present() { return page; }

}  // namespace elbo
