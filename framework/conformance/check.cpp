#include "conformance/check.hpp"

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "conformance/spot_check.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::conformance {
namespace {

std::vector<Property> properties_of_kind(const PluginChoice& choice) {
  if (choice.kind == "likelihood") return likelihood_properties(choice);
  if (choice.kind == "prior") return prior_properties(choice);
  if (choice.kind == "encoder") return encoder_properties(choice);
  if (choice.kind == "decoder") return decoder_properties(choice);
  if (choice.kind == "objective") return objective_properties(choice);
  throw UserError(choice.kind + ":" + choice.name + ": no properties are known for its kind");
}

std::vector<Property> properties_of(const PluginChoice& choice) {
  std::vector<Property> all = properties_of_kind(choice);
  const RunSize size{choice.kind == "encoder" ? Shape{1, 28, 28} : Shape{3, 2, 2}, 3};
  if (has_density(choice.kind))
    all.push_back({"normalisation of each choice", [=] { check_densities_of_each_choice(choice, size); }});
  return all;
}

/// What an exception says; torch says of tensors of two dtypes neither whose they are nor what to do.
std::string sentence_of(const std::exception& e) {
  const std::string text = plugins::one_line(e.what());
  const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
  if (!has("dtype") && !has("scalar type")) return text;
  return text +
         " (the kit computes in float64, training in float32: register every tensor with parameter() or buffer(), and "
         "every layer with part() or add_module(), so that the host moves it; make others with the dtype of an input, "
         "as elbo::zeros(shape, x) does)";
}

Result result_of(const Property& property) {
  try {
    property.check();
    return {property.name, "passed", ""};
  } catch (const Failure& failure) {
    return {property.name, "failed", failure.sentence};
  } catch (const Skip& skipped) {
    return {property.name, "skipped", skipped.sentence};
  } catch (const std::exception& e) {
    return {property.name, "failed", "it threw: " + sentence_of(e)};
  } catch (...) {
    return {property.name, "failed", "it threw something that is not a std::exception"};
  }
}

std::vector<std::string> names_of(const std::vector<Property>& properties) {
  std::vector<std::string> names;
  for (const Property& property : properties) names.push_back(property.name);
  return names;
}

std::vector<Property> properties_of(const PluginChoice& choice, const std::string& only) {
  std::vector<Property> properties = properties_of(choice);
  if (only.empty()) return properties;
  const std::vector<std::string> names = names_of(properties);
  if (std::find(names.begin(), names.end(), only) == names.end())
    throw UserError(fmt::format("elbo plugins check: no property of a {} is named '{}'{}", choice.kind, only,
                                suggestion(only, names)));
  std::erase_if(properties, [&](const Property& p) { return !p.is_groundwork && p.name != only; });
  return properties;
}

}  // namespace

std::vector<std::string> property_names(const PluginChoice& choice, const std::string& only) {
  return names_of(properties_of(choice, only));
}

void check_plugin(const PluginChoice& choice, const std::string& only, const std::function<void(const Result&)>& done) {
  std::string missing;
  for (const Property& property : properties_of(choice, only)) {
    if (!missing.empty()) {
      done({property.name, "skipped", "rests on '" + missing + "', which failed"});
      continue;
    }
    const Result result = result_of(property);
    done(result);
    if (result.outcome == "failed" && property.is_groundwork) missing = property.name;
  }
}

}  // namespace elbo::host::conformance
