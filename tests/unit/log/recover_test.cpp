#include "log/upkeep/recover.hpp"

#include <fstream>

#include "example.hpp"
#include "folder.hpp"
#include "hdf5/file.hpp"

namespace elbo::host::log {
namespace {

TEST(Recover, LeavesAGoodFileAsItIs) {
  const Folder folder;
  {
    RunLog log = RunLog::create(folder / "run.h5", example::layout());
    example::write_epoch(log, 1, example::layout());
    example::finish(log);
  }
  const auto before = std::filesystem::last_write_time(folder / "run.h5");
  const Recovery recovery = recover(folder / "run.h5");
  EXPECT_FALSE(recovery.repaired);
  EXPECT_EQ(recovery.status, "completed");
  EXPECT_EQ(recovery.epochs, 1);
  EXPECT_EQ(std::filesystem::last_write_time(folder / "run.h5"), before);
}

TEST(Recover, ALogLeftWithoutAWordIsMarkedKilled) {
  const Folder folder;
  {
    RunLog log = RunLog::create(folder / "run.h5", example::layout());
    example::write_epoch(log, 1, example::layout());
  }
  EXPECT_TRUE(recover(folder / "run.h5").repaired);
  EXPECT_EQ(read_summary(folder / "run.h5").status, "killed");
}

TEST(Recover, OtherAndDamagedFilesAreNamedAndKept) {
  const Folder folder;
  std::ofstream(folder / "text.h5") << "text";
  EXPECT_CONTAINS(error_of([&] { recover(folder / "text.h5"); }), "is not an HDF5 file");
  EXPECT_CONTAINS(error_of([&] { recover(folder / "none.h5"); }), "there is no such file");
  h5::File::create(folder / "other.h5").close();
  EXPECT_CONTAINS(error_of([&] { recover(folder / "other.h5"); }), "not the log of an elbo run");
  {
    RunLog log = RunLog::create(folder / "run.h5", example::layout());
    example::write_epoch(log, 1, example::layout());
    log.close("stopped");
  }
  const auto whole = std::filesystem::file_size(folder / "run.h5");
  std::filesystem::resize_file(folder / "run.h5", whole / 2);
  EXPECT_CONTAINS(error_of([&] { recover(folder / "run.h5"); }), "is truncated");
  EXPECT_EQ(std::filesystem::file_size(folder / "run.h5"), whole / 2);
}

TEST(Recover, AHoleInTheMiddleIsFoundOut) {
  const Folder folder;
  {
    RunLog log = RunLog::create(folder / "run.h5", example::layout());
    example::write_epoch(log, 1, example::layout());
  }
  std::fstream file(folder / "run.h5", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(48);
  const std::string zeros(std::filesystem::file_size(folder / "run.h5") - 48, '\0');
  file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
  file.close();
  EXPECT_THROW(recover(folder / "run.h5"), Error);
}

}  // namespace
}  // namespace elbo::host::log
