#include "launch/protocol.hpp"

#include <sys/mman.h>

#include <unistd.h>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/json.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::launch {
using Json = nlohmann::ordered_json;
namespace {

// Marks the line as ours: a plugin may print JSON of its own.
constexpr const char* key = "elbo-event";

/// JSON has no NaN, and a diverging run may well report one.
Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double number(const Json& json, const char* name, double otherwise) {
  const auto found = json.find(name);
  if (found == json.end()) return otherwise;
  return found->is_null() ? std::nan("") : found->get<double>();
}

char* map(int descriptor) {
  void* page = mmap(nullptr, call_page_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return page == MAP_FAILED ? nullptr : static_cast<char*>(page);
}

}  // namespace

std::string to_line(const Event& event) {
  Json json = {
      {key, event.type}, {"epoch", event.epoch}, {"epochs", event.epochs}, {"fraction", finite(event.fraction)}};
  if (event.has_elbo) json[metrics::elbo.name] = finite(event.elbo);
  if (event.per_second > 0) json["per_second"] = finite(event.per_second);
  if (event.seconds_left >= 0) json["seconds_left"] = finite(event.seconds_left);
  if (!event.message.empty()) json["message"] = event.message;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Event> event_from_line(const std::string& line) {
  const Json json = json_or_discarded(line);
  if (!json.is_object() || !json.contains(key)) return std::nullopt;
  try {
    Event event;
    event.type = json[key];
    event.epoch = json.value("epoch", int64_t{0});
    event.epochs = json.value("epochs", int64_t{0});
    event.fraction = number(json, "fraction", 0);
    event.has_elbo = json.contains(metrics::elbo.name);
    event.elbo = number(json, metrics::elbo.name, 0);
    event.per_second = number(json, "per_second", 0);
    event.seconds_left = number(json, "seconds_left", -1);
    event.message = json.value("message", "");
    return event;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

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

}  // namespace elbo::host::launch
