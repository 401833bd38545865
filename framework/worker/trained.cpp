#include "worker/trained.hpp"

#include "base/files.hpp"
#include "train/weights.hpp"

namespace elbo::worker {

Trained load_trained(const std::filesystem::path& folder) {
  Trained t;
  t.run = run_from_json(nlohmann::ordered_json::parse(read_file(folder / "run.json")));
  t.assembly = assemble(t.run);
  load_weights(folder, t.assembly.model);
  return t;
}

Feed scored_feed(const Feed& feed) {
  if (!feed.view().levels_are_recoverable) return feed;
  data::View view = feed.view();
  view.scoring = data::Scoring::interval;
  view.chain = {{"levels"}};
  return feed.with_view(view);
}

data::MeasureKey scored_key(const Run& run, const Assembly& a, const Feed& scored) {
  return measure_key(scored.view(), a.model.likelihood->support(), run.data, run.data_record.fingerprint(),
                     scored.size(Part::test), a.model.likelihood->given());
}

}  // namespace elbo::worker
