// A mistake in a key of [dataset] that only the data show: its message stands at the place of that key in the experiment file.
#pragma once
#include <string>
#include <utility>

#include <elbo/error.hpp>

#include "formats/file_state.hpp"

namespace elbo::host::data {

class SettingFault : public UserError {
 public:
  SettingFault(std::string key, const std::string& sentence) : UserError(sentence), key_(std::move(key)) {}
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// f(); what it finds wrong is a fault of that key, unless it says of which.
template <class F>
decltype(auto) for_key(const std::string& key, F&& f) {
  try {
    return f();
  } catch (const SettingFault&) {
    throw;
  } catch (const formats::ChangedData&) {
    throw;
  } catch (const UserError& fault) {
    throw SettingFault(key, fault.what());
  }
}

}  // namespace elbo::host::data
