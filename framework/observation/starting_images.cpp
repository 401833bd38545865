#include "observation/starting_images.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "experiment/parse.hpp"
#include "observation/starting_experiment.hpp"

namespace elbo::host::observation {
namespace {

constexpr int64_t largest_side = 64, largest_as_it_is = 128;

/// Unequal images become squares that none of them has to be enlarged for, of a side that convolutions can halve.
std::vector<int64_t> size_for_unequal(const formats::ImageSurvey& survey) {
  int64_t least = largest_side;
  for (const auto& [size, count] : survey.sizes) least = std::min({least, size.first, size.second});
  int64_t side = least;
  for (const int64_t usual : {8, 16, 32, 64})
    if (usual <= least) side = usual;
  return {side, side};
}

/// The same shape, smaller.
std::vector<int64_t> size_for_large(int64_t height, int64_t width) {
  const int64_t longer = std::max(height, width);
  const auto scaled = [&](int64_t side) {
    return std::max<int64_t>(1, (2 * side * largest_side + longer) / (2 * longer));
  };
  return {scaled(height), scaled(width)};
}

std::string size_in_words(std::pair<int64_t, int64_t> size) { return fmt::format("{} x {}", size.first, size.second); }

std::string text_in(const experiment::Table& table, const std::string& key) {
  const experiment::Node* node = table.find(key);
  const auto* text = node ? std::get_if<std::string>(&node->value) : nullptr;
  if (!text) throw Error("templates/experiment/images.toml: has no text '" + key + "'");
  return *text;
}

/// A line of TOML with its reason.
std::string setting(const std::string& key, const std::string& value, const std::string& reason) {
  return fmt::format("{} = {}{}\n", key, value, reason.empty() ? "" : "   # " + reason);
}

std::string dataset_of(const ImageChoice& choice, const data::Description& d) {
  const DataConfig& c = choice.config;
  const auto quoted = [](const std::string& text) { return to_string(Value(text)); };
  std::string text = "[dataset]\n";
  text += setting("path", quoted(std::filesystem::absolute(c.path).lexically_normal().string()), "");
  if (!c.test_path.empty())
    text += setting("test_path", quoted(std::filesystem::absolute(c.test_path).lexically_normal().string()), "");
  text += setting("format", quoted(c.format), "") + split_settings(c);
  if (!c.resize.empty()) {
    text += setting("resize", to_string(Value(c.resize)), choice.resize_reason);
    text += setting("resize_aspect", quoted(c.resize_aspect),
                    c.resize_aspect == "crop" ? "of the largest middle part of that shape; \"stretch\" takes all" : "");
  }
  if (!c.background.empty()) text += setting("background", quoted(c.background), choice.background_reason);
  const bool is_binary = d.support == Support::binary;
  return text +
         setting("observe", is_binary ? "\"binary\"" : "\"levels\"",
                 is_binary ? "0 and 1, as they are" : fmt::format("exact probabilities of the {} levels", d.levels));
}

}  // namespace

ImageChoice choice_for_images(DataConfig config, const formats::ImageSurvey& survey, bool is_transparent) {
  ImageChoice choice{.config = std::move(config), .resize_reason = {}, .background_reason = {}};
  DataConfig& c = choice.config;
  const auto &smallest = survey.sizes.begin()->first, &largest = survey.sizes.rbegin()->first;
  if (c.resize.empty() && c.crop.empty() && c.pad.empty()) {
    if (survey.sizes.size() > 1) {
      c.resize = size_for_unequal(survey);
      c.resize_aspect = "crop";
      choice.resize_reason = fmt::format("the images have {} sizes, as {} and {}", survey.sizes.size(),
                                         size_in_words(smallest), size_in_words(largest));
    } else if (std::max(largest.first, largest.second) > largest_as_it_is) {
      c.resize = size_for_large(largest.first, largest.second);
      choice.resize_reason = fmt::format("the images are {}; larger ones take longer", size_in_words(largest));
    }
  }
  if (is_transparent && c.background.empty()) {
    c.background = "white";
    choice.background_reason = "what transparent pixels are laid over";
  }
  return choice;
}

std::string sizes_in_words(const formats::ImageSurvey& survey) {
  constexpr size_t shown = 4;
  std::vector<std::string> words;
  for (const auto& [size, count] : survey.sizes) words.push_back(fmt::format("{} ({})", size_in_words(size), count));
  if (words.size() > shown + 1) {
    words[shown - 1] = fmt::format("{} other sizes", words.size() - shown);
    words.erase(words.begin() + shown, words.end() - 1);
  }
  return join(words);
}

std::string starting_image_experiment(const ImageChoice& choice, const data::Description& d) {
  const std::filesystem::path file = template_folder() / "experiment/images.toml";
  const experiment::Table begin = experiment::parse(read_file(file), file.string());
  std::string text = "# An experiment to start from, as `elbo data info` suggests it: change what you know better.\n";
  for (std::string note : d.notes) {
    std::replace_if(note.begin(), note.end(), [](unsigned char c) { return c < ' ' || c == 127; }, ' ');
    text += "# " + note + "\n";
  }
  text += fmt::format(
      "name = {}\nseeds = [1, 2, 3]      # differences between seeds say how sure a result is\nlatent_dim = 16\n",
      to_string(Value(d.name)));
  for (const char* part : {"encoder", "decoder", "prior"}) text += fmt::format("{} = {}\n", part, text_in(begin, part));
  const auto& likelihoods = std::get<experiment::Table>(begin.find("likelihood")->value);
  text += "\n" + dataset_of(choice, d) + "\n[likelihood]\n" +
          setting("plugin", text_in(likelihoods, d.support == Support::binary ? "binary" : "levels"), "");
  return text + fmt::format("\n[train]\nmax_epochs = 30\nbatch_size = {}\ntest_every = 10\n",
                            std::clamp<int64_t>(d.train / 20, 10, 100));
}

}  // namespace elbo::host::observation
