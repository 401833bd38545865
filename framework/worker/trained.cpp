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
  const observation::ObservationModel& model = feed.observation_model();
  return model.on_levels ? feed.with_observation_model(model.evaluated()) : feed;
}

observation::MeasureKey scored_key(const Run& run, const Assembly& a, const Feed& scored) {
  return measure_key(scored.observation_model(), a.model.likelihood->support(), run.data_record.fingerprint(),
                     scored.size(Part::test), a.model.likelihood->given());
}

}  // namespace elbo::worker
