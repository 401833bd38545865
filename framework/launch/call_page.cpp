#include "launch/call_page.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace elbo::launch {
namespace {

char* map(int descriptor) {
  void* page = mmap(nullptr, call_page_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return page == MAP_FAILED ? nullptr : static_cast<char*>(page);
}

}  // namespace

CallPage::CallPage() : descriptor_(memfd_create("elbo-call", 0)) {
  if (descriptor_ >= 0 && ftruncate(descriptor_, call_page_size) == 0) page_ = map(descriptor_);
}

CallPage::~CallPage() {
  forget_descriptor();
  if (page_) munmap(page_, call_page_size);
}

void CallPage::forget_descriptor() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

std::string CallPage::text() const { return page_ ? std::string(page_, strnlen(page_, call_page_size)) : ""; }

char* inherited_call_page() {
  const char* descriptor = std::getenv(call_page_variable);
  if (!descriptor || std::atoi(descriptor) < 3) return nullptr;
  char* page = map(std::atoi(descriptor));
  close(std::atoi(descriptor));
  unsetenv(call_page_variable);
  return page;
}

}  // namespace elbo::launch
