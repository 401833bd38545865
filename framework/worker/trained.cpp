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

BatchSource scored_source(const BatchSource& source) {
  const observation::ObservationModel& model = source.observation_model();
  return model.on_levels ? source.with_observation_model(model.evaluated()) : source;
}

observation::MeasureKey scored_key(const Run& run, const Assembly& a, const BatchSource& scored) {
  return measure_key(scored.observation_model(), a.model.likelihood->support(), run.data_record.fingerprint(),
                     scored.size(Part::test), a.model.likelihood->given());
}

}  // namespace elbo::worker
