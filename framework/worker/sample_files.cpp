#include "worker/sample_files.hpp"

#include <ATen/ops/arange.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/images/png_writer.hpp"
#include "base/text.hpp"
#include "base/zip.hpp"
#include "evaluate/metrics/reconstruction.hpp"
#include "formats/containers/npy.hpp"
#include "model/forward.hpp"
#include "worker/given.hpp"
#include "worker/new_data/applied_rows.hpp"
#include "worker/sheets.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int64_t samples_of_a_piece = 500;

/// Samples piece by piece, each a function of the seed and its place alone.
class Samples {
 public:
  Samples(Trained& t, const Json& request)
      : model_(t.assembly.model),
        source_(*t.assembly.source),
        before_(data::data_before(t.run.data, *t.assembly.dataset,
                                  source_.observation_model().by_column()
                                      ? source_.observation_model().observation.columns
                                      : std::vector<elbo::Column>())),
        kept_(data::kept_columns(before_)),
        are_drawn_(request.at("draw")),
        given_(given_for(t, request, test_data_in_turn(t, request.at("count")))),
        rng_(Rng(request.at("seed").get<uint64_t>()).fork("sample")) {
    Rng prior = rng_.fork("prior");
    z_ = model_.prior->sample(request.at("count"), prior).to(at::kFloat);
  }

  int64_t count() const { return z_.size(0); }
  bool are_drawn() const { return are_drawn_; }
  const Tensor& z() const { return z_; }
  const Given& given() const { return given_; }
  const std::vector<data::ConditionColumn>& condition() const { return before_.condition; }
  const Shape& shape() const { return before_.description.shape; }
  const std::vector<formats::TableColumn>& columns() const { return kept_; }
  /// Whether each value is a whole number that a byte holds.
  bool are_bytes() const {
    const data::Description& d = before_.description;
    return are_drawn_ && (d.support == Support::binary || (d.support == Support::levels && d.levels <= 256));
  }

  /// The stored values that a picture shows black and white.
  observation::ValueRange range() const {
    const data::Description& d = before_.description;
    if (d.support == Support::levels) return {0, static_cast<double>(d.levels - 1)};
    if (d.support == Support::binary || d.support == Support::unit_interval) return {0, 1};
    const observation::ValueRange x = value_range(source_);
    std::vector<double> ends;
    for (const double end : {x.low, x.high})
      append(source_.to_stored(elbo::full(Shape{1} + shape(), end, source_.like())), ends);
    const auto [low, high] = std::minmax_element(ends.begin(), ends.end());
    return {*low, *high};
  }

  /// Values of the next samples, at most so many, row-major in stored units; none at the end.
  std::vector<double> next() {
    std::vector<double> values;
    const int64_t first = done_, here = std::min(samples_of_a_piece, count() - first);
    const int64_t at_once = samples_at_once(model_, source_, 1);
    for (; done_ < first + here; done_ += std::min(at_once, first + here - done_))
      append(source_.to_stored(made(done_, std::min(at_once, first + here - done_))), values);
    if (are_drawn_) to_stored_set(values);
    return values;
  }

 private:
  Tensor made(int64_t first, int64_t here) const {
    const Tensor c = given_.c.defined() ? given_.c.narrow(0, first, here) : given_.c;
    const Theta theta = decode(model_, z_.narrow(0, first, here).unsqueeze(0), c);
    if (are_drawn_) {
      Rng noise = rng_.fork("likelihood").for_data(at::arange(first, first + here, at::TensorOptions(at::kLong)));
      return model_.likelihood->sample(theta, noise).squeeze(0).to(at::kFloat);
    }
    Tensor mean = model_.likelihood->mean(theta).squeeze(0).clone();
    put_most_probable(before_.columns, kept_, model_, theta, mean);
    return mean;
  }

  /// Draws of a density of dequantised levels lie between the levels, or outside of them.
  void to_stored_set(std::vector<double>& values) const {
    const data::Description& d = before_.description;
    if (d.support != Support::levels) return;
    for (double& value : values) value = std::clamp(std::round(value), 0.0, static_cast<double>(d.levels - 1));
  }

  const Model& model_;
  const BatchSource& source_;
  data::DataBefore before_;
  std::vector<formats::TableColumn> kept_;
  bool are_drawn_;
  Given given_;
  Rng rng_;
  Tensor z_;
  int64_t done_ = 0;
};

/// What is given of a sample, before its own columns.
std::string fields_given(const Samples& samples, size_t row) {
  std::string text;
  for (size_t i = 0; i < samples.condition().size(); ++i)
    text += csv_field(samples.condition()[i].text_of(samples.given().values[i][row])) + ",";
  return text;
}

void write_csv(Samples& samples, const fs::path& file) {
  const std::vector<formats::TableColumn>& columns = samples.columns();
  if (columns.empty())
    throw UserError("elbo sample: the data points have the shape " + to_string(samples.shape()) +
                    ", which has no columns; expected rows of a table for --as csv; take --as npz or --as png");
  bool has_begun = false;
  size_t row = 0;
  write_atomically(file, [&] {
    std::string text;
    if (!has_begun) {
      std::vector<std::string> names;
      for (const data::ConditionColumn& column : samples.condition()) names.push_back(csv_field(column.name));
      for (const formats::TableColumn& column : columns) names.push_back(csv_field(column.name));
      text = join(names, ",") + "\n";
      has_begun = true;
    }
    const std::vector<double> values = samples.next();
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t column = i % columns.size();
      if (column == 0) text += fields_given(samples, row++);
      text +=
          stored_field(&columns[column], values[i], samples.are_drawn()) + (column + 1 == columns.size() ? "\n" : ",");
    }
    return text;
  });
}

template <class To>
std::string bytes_as(const std::vector<double>& values) {
  std::vector<To> typed(values.begin(), values.end());
  return {reinterpret_cast<const char*>(typed.data()), typed.size() * sizeof(To)};
}

void write_npz(Samples& samples, const Json& request, const std::string& run, const fs::path& file) {
  std::string bytes;
  for (auto values = samples.next(); !values.empty(); values = samples.next())
    bytes += samples.are_bytes() ? bytes_as<uint8_t>(values) : bytes_as<float>(values);
  std::vector<double> z;
  append(samples.z(), z);
  const auto seed = request.at("seed").get<int64_t>();
  const fs::path draft = file.string() + ".part";
  ZipWriter archive(draft);
  archive.add("x.npy",
              formats::npy_bytes(samples.are_bytes() ? "|u1" : "<f4", Shape{samples.count()} + samples.shape(), bytes));
  archive.add("z.npy", formats::npy_bytes("<f4", {samples.count(), samples.z().size(1)}, bytes_as<float>(z)));
  for (size_t i = 0; i < samples.condition().size(); ++i)
    archive.add("given_" + slug(samples.condition()[i].name) + ".npy",
                formats::npy_bytes("<f4", {samples.count()}, bytes_as<float>(samples.given().values[i])));
  archive.add("seed.npy", formats::npy_bytes("<i8", {1}, {reinterpret_cast<const char*>(&seed), sizeof seed}));
  archive.close(run);
  publish(draft, file);
}

/// Channel by channel as pixel by pixel, between the values that are shown black and white.
std::vector<uint8_t> pixels_of(const double* values, const Shape& image, const observation::ValueRange& range) {
  const auto area = static_cast<size_t>(image[0] * image[1]), channels = static_cast<size_t>(image[2]);
  std::vector<uint8_t> pixels(area * channels);
  for (size_t i = 0; i < area; ++i)
    for (size_t c = 0; c < channels; ++c) {
      const double share = (values[c * area + i] - range.low) / (range.high - range.low);
      pixels[i * channels + c] = static_cast<uint8_t>(std::lround(255 * std::clamp(share, 0.0, 1.0)));
    }
  return pixels;
}

void write_pictures(Samples& samples, const fs::path& folder) {
  const auto image = image_shape(samples.shape());
  if (!image)
    throw UserError("elbo sample: the data points have the shape " + to_string(samples.shape()) +
                    " and are no images; expected images for --as png; take --as npz or --as csv");
  const observation::ValueRange range = samples.range();
  fs::create_directories(folder);
  int64_t number = 0;
  const auto size = static_cast<size_t>(numel(samples.shape()));
  const size_t digits = std::to_string(samples.count() - 1).size();
  for (auto values = samples.next(); !values.empty(); values = samples.next())
    for (size_t i = 0; i < values.size(); i += size, ++number)
      write_png(folder / fmt::format("{:0{}}.png", number, digits), (*image)[1], (*image)[0], (*image)[2],
                pixels_of(values.data() + i, *image, range));
}

}  // namespace

void put_most_probable(const std::vector<elbo::Column>& observed, const std::vector<formats::TableColumn>& kept,
                       const Model& model, const Theta& theta, Tensor& mean) {
  for (size_t j = 0; j < observed.size(); ++j) {
    if (j >= kept.size() || kept[j].kind != "category") continue;
    const int64_t levels = observed[j].support == Support::binary ? 2 : observed[j].levels;
    if (levels == 0) continue;  // names scored as numbers
    const auto place = static_cast<int64_t>(j);
    std::vector<Tensor> each;  // log p of each name
    for (int64_t level = 0; level < levels; ++level) {
      const Tensor x = mean.clone();
      x.select(1, place).fill_(static_cast<double>(level));
      const auto log_p = model.likelihood->log_prob_per_value(x, theta);
      if (!log_p) return;
      each.push_back(log_p->squeeze(0).select(1, place));
    }
    mean.select(1, place).copy_(std::get<1>(elbo::stack(each, 0).max(0)));
  }
}

namespace {

/// One text where all are given the same.
Json texts_given(const data::ConditionColumn& column, const std::vector<double>& values) {
  if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end())
    return column.text_of(values.at(0));
  Json texts = Json::array();
  for (const double value : values) texts.push_back(column.text_of(value));
  return texts;
}

/// What is given of the samples, one after the other.
Json given_json(const Samples& samples) {
  Json given = Json::object();
  for (size_t i = 0; i < samples.condition().size(); ++i)
    given[samples.condition()[i].name] = texts_given(samples.condition()[i], samples.given().values[i]);
  return given;
}

}  // namespace

void write_samples(Trained& t, const Json& request, const fs::path& folder) {
  const std::string as = request.at("as");
  Samples samples(t, request);
  const fs::path out = as == "png" ? folder / "sample" : folder / ("sample." + as);
  fs::create_directories(folder);
  if (as == "csv") write_csv(samples, out);
  else if (as == "npz") write_npz(samples, request, t.run.id(), out);
  else write_pictures(samples, out);
  const Json record = {{"run", t.run.id()},
                       {"title", t.run.title()},
                       {"count", request.at("count")},
                       {"seed", request.at("seed")},
                       {"x", samples.are_drawn() ? "x ~ p(x|z)" : "E[x|z]"},
                       {"given", given_json(samples)}};
  write_atomically(folder / "sample.json", record.dump(2) + "\n");
  for (const fs::path& file : {out, folder / "sample.json"})
    std::cout << Json{{"wrote", file.string()}}.dump() << std::endl;
}

}  // namespace elbo::host::worker
