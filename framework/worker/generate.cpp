#include "worker/verbs.hpp"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <iostream>

#include "base/files.hpp"
#include "base/images/png_writer.hpp"
#include "base/text.hpp"
#include "kernels/matrix_products.hpp"
#include "log/upkeep/edit.hpp"
#include "model/forward.hpp"
#include "worker/assemble.hpp"
#include "worker/given.hpp"
#include "worker/sample_files.hpp"
#include "worker/sheets.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// What a verb makes: codes, what the decoder makes of them, and perhaps the data they came from.
struct Made {
  Tensor z;                 // [n, L]
  Tensor mean;              // [n, X...], in the likelihood's units
  std::optional<Tensor> x;  // [n, X...], test data or draws
  const char* x_is = "";
  Given given{};        // of each code
  int64_t columns = 8;  // of the sheet
};

Tensor tensor_of_ids(const std::vector<int64_t>& ids) {
  std::vector<double> numbers(ids.begin(), ids.end());
  return elbo::tensor_of(numbers, {static_cast<int64_t>(ids.size())}).to(at::kLong);
}

/// The same; throws UserError for test data that are not there.
const std::vector<int64_t>& checked(const Trained& t, const std::vector<int64_t>& ids) {
  const int64_t rows = t.assembly.source->size(Part::test);
  for (const int64_t id : ids)
    if (id < 0 || id >= rows)
      throw UserError(fmt::format("elbo: there is no test data point {}; expected 0 to {}", id, rows - 1));
  return ids;
}

struct Seen {
  Batch batch;
  Tensor z;  // [n, L], E[z|x]
};

Seen encoded(Trained& t, const std::vector<int64_t>& ids) {
  Batch batch = t.assembly.source->batch(Part::test, tensor_of_ids(checked(t, ids)), Rng(0));
  const Tensor z = posterior_mean(t.assembly.model, *t.assembly.model.encoder->encode(batch.input));
  return {std::move(batch), z};
}

Tensor decoded_means(const Trained& t, const Tensor& z, const Tensor& c) {
  const Model& model = t.assembly.model;
  const int64_t at_once = samples_at_once(model, *t.assembly.source, 1);
  std::vector<Tensor> parts;
  for (int64_t first = 0; first < z.size(0); first += at_once)
    parts.push_back(decoded_mean(model, z.narrow(0, first, std::min(at_once, z.size(0) - first)),
                                 c.defined() ? c.narrow(0, first, std::min(at_once, z.size(0) - first)) : c));
  return elbo::cat(parts, 0);
}

Made sampled(Trained& t, const Json& request) {
  const int64_t count = request.at("count");
  const Rng rng = Rng(request.at("seed").get<uint64_t>()).fork("sample");
  Rng prior = rng.fork("prior"), noise = rng.fork("likelihood");
  Made made{.z = t.assembly.model.prior->sample(count, prior).to(at::kFloat), .columns = request.at("columns")};
  made.given = given_for(t, request, test_data_in_turn(t, count));
  made.mean = decoded_means(t, made.z, made.given.c);
  if (request.at("draw").get<bool>()) {
    made.x = t.assembly.model.likelihood->sample(decode(t.assembly.model, made.z.unsqueeze(0), made.given.c), noise)
                 .squeeze(0)
                 .to(at::kFloat);
    made.x_is = "x ~ p(x|z)";
  }
  return made;
}

Made reconstructed(Trained& t, const Json& request) {
  Seen seen = encoded(t, request.at("data"));
  Given given = given_for(t, request, request.at("data"));
  Made made{.z = seen.z,
            .mean = decoded_means(t, seen.z, given.c),
            .x = seen.batch.x,
            .x_is = "test data",
            .given = std::move(given),
            .columns = request.at("columns")};
  return made;
}

Made traversed(Trained& t, const Json& request) {
  std::vector<int64_t> dimensions = request.at("dimensions");
  for (const int64_t j : dimensions)
    if (j < 0 || j >= t.run.latent_dim)
      throw UserError(
          fmt::format("elbo traverse: there is no latent dimension {}; expected 0 to {}", j, t.run.latent_dim - 1));
  if (dimensions.empty()) dimensions = most_active(t.assembly.model, *t.assembly.source);
  const int64_t steps = request.at("steps");
  t.assembly.model.set_training(false);
  const Tensor z = traversal_codes(encoded(t, request.at("data")).z, dimensions, steps, request.at("reach"));
  Made made{.z = where_codes_are(t.assembly.model, z), .columns = steps};
  made.given = given_for(t, request, std::vector(static_cast<size_t>(z.size(0)), checked(t, request.at("data"))[0]));
  made.mean = decoded_means(t, made.z, made.given.c);
  return made;
}

/// On the whole way the same is given: what is of its first end.
std::vector<int64_t> firsts_of_pairs(const std::vector<int64_t>& ids, int64_t steps) {
  std::vector<int64_t> firsts;
  for (size_t i = 0; i < ids.size(); i += 2) firsts.insert(firsts.end(), static_cast<size_t>(steps), ids[i]);
  return firsts;
}

Made interpolated(Trained& t, const Json& request) {
  const Tensor z = encoded(t, request.at("data")).z;
  const Tensor pairs = z.reshape({z.size(0) / 2, 2, z.size(1)});
  const Tensor between =
      interpolation_codes(pairs.select(1, 0), pairs.select(1, 1), request.at("steps"), request.at("spherical"));
  Made made{.z = where_codes_are(t.assembly.model, between), .columns = request.at("steps")};
  made.given = given_for(t, request, firsts_of_pairs(request.at("data"), request.at("steps")));
  made.mean = decoded_means(t, made.z, made.given.c);
  return made;
}

Made manifold(Trained& t, const Json& request) {
  if (t.run.latent_dim != 2)
    throw UserError(fmt::format(
        "elbo manifold: this run has {} latent dimensions; expected 2, a plane to walk over; use elbo traverse",
        t.run.latent_dim));
  const int64_t side = request.at("steps");
  Made made{.z = where_codes_are(t.assembly.model, manifold_codes(side, side)), .columns = side};
  made.given = given_for(t, request, std::vector<int64_t>(static_cast<size_t>(side * side), 0));
  made.mean = decoded_means(t, made.z, made.given.c);
  return made;
}

std::vector<std::string> dims_of(const Shape& event) {
  if (event.size() == 3) return {"sample", "channel", "y", "x"};
  if (event.size() == 2) return {"sample", "y", "x"};
  std::vector<std::string> dims = {"sample"};
  for (size_t i = 0; i < event.size(); ++i) dims.push_back(event.size() == 1 ? "value" : "value_" + std::to_string(i));
  return dims;
}

void add_array(h5::File& file, const std::string& name, const Tensor& values, const std::vector<std::string>& dims,
               const std::string& long_name) {
  const Tensor floats = values.detach().to(at::kCPU, at::kFloat).contiguous();
  h5::Dataset dataset = file.dataset("/" + name, {.type = H5T_IEEE_F32LE,
                                                  .shape = {floats.sizes().begin(), floats.sizes().end()},
                                                  .dims = dims,
                                                  .units = "1",
                                                  .long_name = long_name});
  dataset.write<float>(0, {floats.data_ptr<float>(), static_cast<size_t>(floats.numel())});
}

/// One dataset for each thing that is given: numbers, or places among the levels, which are its attribute.
void add_given(h5::File& file, const Trained& t, const Given& given) {
  for (size_t i = 0; i < given.values.size(); ++i) {
    const data::ConditionColumn& column = t.assembly.dataset->condition[i];
    const std::string name = "given_" + slug(column.name);
    const std::vector<double>& values = given.values[i];
    add_array(file, name, elbo::tensor_of(values, {static_cast<int64_t>(values.size())}), {"sample"},
              "what is given: " + column.name);
    if (!column.levels.empty()) file.attribute("/" + name, "levels", column.levels);
  }
}

void write_arrays(const Trained& t, const Made& made, const Json& request, const fs::path& path) {
  const std::string verb = request.at("verb");
  const Shape event = t.assembly.source->observation_model().observation.shape;
  const std::vector<std::string> dims = dims_of(event);
  log::create_file(path, [&](h5::File& file) {
    file.attribute("/", "Conventions", "CF-1.10");
    file.attribute("/", "title", "elbo " + verb + " of " + t.run.title());
    file.attribute("/", "run", t.run.id());
    if (request.contains("seed")) file.attribute("/", "seed", request.at("seed").dump());
    file.dimension("/sample", static_cast<hsize_t>(made.z.size(0)), "code, row by row of the sheet");
    file.dimension("/latent", static_cast<hsize_t>(made.z.size(1)), "latent dimension");
    for (size_t i = 0; i < event.size(); ++i)
      file.dimension("/" + dims[i + 1], static_cast<hsize_t>(event[i]), "of one data point");
    add_array(file, "z", made.z, {"sample", "latent"}, "latent code");
    add_array(file, "mean", made.mean.reshape(Shape{made.z.size(0)} + event), dims,
              "E[x|z], in the likelihood's units");
    add_given(file, t, made.given);
    if (made.x) add_array(file, "data", made.x->reshape(Shape{made.z.size(0)} + event), dims, made.x_is);
  });
  std::cout << Json{{"wrote", path.string()}}.dump() << std::endl;
}

/// Data stand before what is made of them, pair by pair.
void write_picture(const Trained& t, const Made& made, const fs::path& path) {
  const BatchSource& source = *t.assembly.source;
  if (!image_shape(source.observation_model().observation.shape)) {
    std::cout << Json{{"note", "the data are no images, of shape " +
                                   elbo::to_string(source.observation_model().observation.shape) + ": there is no " +
                                   path.filename().string() + ", only the arrays"}}
                     .dump()
              << std::endl;
    return;
  }
  const bool pairs = made.x.has_value();
  const Tensor images = pairs ? elbo::stack({*made.x, made.mean.reshape(made.x->sizes())}, 1).flatten(0, 1) : made.mean;
  const Sheet sheet = sheet_of(images, source, pairs ? made.columns + made.columns % 2 : made.columns);
  write_png(path, sheet.width, sheet.height, sheet.channels, sheet.pixels);
  std::cout << Json{{"wrote", path.string()}}.dump() << std::endl;
}

Made made_by(const std::string& verb, Trained& t, const Json& request) {
  if (verb == "sample") return sampled(t, request);
  if (verb == "reconstruct") return reconstructed(t, request);
  if (verb == "traverse") return traversed(t, request);
  if (verb == "interpolate") return interpolated(t, request);
  return manifold(t, request);
}

}  // namespace

int generate(const Words& words) {
  const at::NoGradGuard no_gradients;
  kernels::use_onednn_products();
  const Json request = Json::parse(read_file(words[0]));
  const std::string verb = request.at("verb");
  const fs::path out = request.at("out").get<std::string>();
  Trained t = load_trained(request.at("folder").get<std::string>());
  t.assembly.model.set_training(false);
  if (request.contains("as")) return write_samples(t, request, out), 0;
  const Made made = made_by(verb, t, request);
  fs::create_directories(out);
  write_arrays(t, made, request, out / (verb + ".h5"));
  write_picture(t, made, out / (verb + ".png"));
  return 0;
}

}  // namespace elbo::host::worker
