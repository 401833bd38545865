// `elbo pack` and `elbo unpack`: a run leaves and comes back whole, and what was tampered with is refused before anything is written.
#include "apply_fixture.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class Pack : public ApplyTest {
 protected:
  void SetUp() override {
    ApplyTest::SetUp();
    setenv("ELBO_CACHE", (scratch.path / "cache").c_str(), 1);
  }
  void TearDown() override { unsetenv("ELBO_CACHE"); }

  std::string path(const std::string& name) const { return (scratch.path / name).string(); }

  /// A run on bars, packed as run.zip.
  void packed() {
    write("x.toml", "name = \"x\"\nseeds = [1]\n" + tiny);
    ASSERT_EQ(elbo("run x.toml --out out").code, 0);
    const Said said = elbo("pack out/default-seed1-* -o run.zip");
    ASSERT_EQ(said.code, 0) << said.err;
  }
  /// Rewrites run.zip as other.zip: `change` is Python on `files`, a dict of bytes, and `listed`, what pack.json says; both are written with
  /// the digests that `files` has then, unless `keep` is set.
  Said changed(const std::string& change) const {
    write("change.py",
          "import hashlib, json, stat, zipfile\n"
          "old = zipfile.ZipFile('run.zip')\n"
          "files = {n: old.read(n) for n in old.namelist()}\n"
          "listed = json.loads(files.pop('pack.json'))\n"
          "keep, extra, packing = False, [], zipfile.ZIP_STORED\n" +
              change +
              "\nif not keep:\n"
              "    listed['files'] = {n: {'bytes': len(b), 'sha256': hashlib.sha256(b).hexdigest()} for n, b in "
              "files.items()}\n"
              "with zipfile.ZipFile('other.zip', 'w', packing) as new:\n"
              "    new.writestr('pack.json', json.dumps(listed))\n"
              "    for name, content in files.items(): new.writestr(name, content)\n"
              "    for info, content in extra: new.writestr(info, content)\n");
    const Said python = shell("/usr/bin/python3 -B change.py");
    EXPECT_EQ(python.code, 0) << python.err;
    return elbo("unpack other.zip -o refused");
  }
  void expect_refused(const std::string& change, const std::string& part) const {
    const Said said = changed(change);
    EXPECT_EQ(said.code, 2) << change << said.out << said.err;
    EXPECT_TRUE(has(said.err, part)) << change << "\n" << said.err;
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
    EXPECT_FALSE(exists("refused")) << change;
    EXPECT_FALSE(exists("escaped")) << change;
  }
};

TEST_F(Pack, AnUnpackedRunIsShownAppliedAndSampledFromAsTheOneThatWasPacked) {
  train();
  write("new.csv", text_of(header, test_rows(people())));
  const std::string run = log().parent_path().filename().string();
  ASSERT_EQ(elbo("pack out -o run.zip").code, 0);
  ASSERT_EQ(elbo("apply out new.csv -o before.csv").code, 0);
  ASSERT_EQ(elbo("sample out/" + run + " --count 20 --as csv --out before").code, 0);
  fs::rename(scratch.path / "out", scratch.path / "gone");
  fs::rename(scratch.path / "people.csv", scratch.path / "elsewhere.csv");
  const Said lacks = elbo("unpack run.zip -o lacks");
  EXPECT_EQ(lacks.code, 1) << lacks.out;
  EXPECT_TRUE(has(lacks.out, "differs: its data: ")) << lacks.out;
  EXPECT_TRUE(has(lacks.out, "people.csv")) << lacks.out;
  const Said said = elbo("unpack run.zip --data elsewhere.csv");
  ASSERT_EQ(said.code, 0) << said.out << said.err;
  ASSERT_TRUE(exists(run)) << "its name is that of the run";
  EXPECT_EQ(elbo("show " + run).code, 0);
  const Said applied = elbo("apply " + run + " new.csv -o after.csv");
  ASSERT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(read_file(scratch.path / "after.csv"), read_file(scratch.path / "before.csv"));
  const Said sampled = elbo("sample " + run + " --count 20 --as csv --out after");
  ASSERT_EQ(sampled.code, 0) << sampled.err;
  EXPECT_EQ(shell("diff -r before after -x sample.json").code, 0);
  EXPECT_EQ(read_file(scratch.path / run / "log.h5"), read_file(scratch.path / "gone" / run / "log.h5"));
}

TEST_F(Pack, WithItsDataItIsAppliedWhereThereIsNothingElse) {
  train();
  write("new.csv", text_of(header, test_rows(people())));
  ASSERT_EQ(elbo("pack out --data -o run.zip").code, 0);
  ASSERT_EQ(elbo("apply out new.csv -o before.csv").code, 0);
  fs::rename(scratch.path / "out", scratch.path / "gone");
  fs::remove(scratch.path / "people.csv");
  const Said said = elbo("unpack run.zip -o here");
  ASSERT_EQ(said.code, 0) << said.out << said.err;
  const Said applied = elbo("apply here new.csv -o after.csv");
  ASSERT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(read_file(scratch.path / "after.csv"), read_file(scratch.path / "before.csv"));
}

TEST_F(Pack, DataWithANameAreNotPacked) {
  packed();
  const Said said = elbo("pack out/default-seed1-* --data -o data.zip");
  EXPECT_EQ(said.code, 2) << said.out;
  EXPECT_TRUE(has(said.err, "which has a name and no path; expected data of your own; leave --data out")) << said.err;
  EXPECT_FALSE(exists("data.zip"));
}

TEST_F(Pack, ItHasTheHashesOfThePluginsAndACardOfTheDataAndNoPlugin) {
  packed();
  const Said listed = shell("/usr/bin/python3 -B -m zipfile -l run.zip");
  for (const char* name :
       {"pack.json", "run.json", "log.h5", "weights.safetensors", "data_card.json", "experiment.toml", "samples.png"})
    EXPECT_TRUE(has(listed.out, name)) << name << listed.out;
  EXPECT_FALSE(has(listed.out, ".so"));
  const Said card = shell(
      "/usr/bin/python3 -B -c \"import json, zipfile; z = zipfile.ZipFile('run.zip'); "
      "c = json.loads(z.read('data_card.json')); l = json.loads(z.read('pack.json')); "
      "print(c['settings']['name'], c['record']['facts']['train'], len(l['plugins']), "
      "len(l['plugins'][0]['sha256']))\"");
  EXPECT_EQ(card.out, "bars 200 5 64\n") << card.err;
  const std::string once = read_file(scratch.path / "run.zip");
  ASSERT_EQ(elbo("pack out -o run.zip").code, 0);
  EXPECT_EQ(read_file(scratch.path / "run.zip"), once) << "the same run gives the same bytes";
}

TEST_F(Pack, WhatWasTamperedWithIsRefusedInASentenceAndNothingIsWritten) {
  packed();
  expect_refused("keep = True; files['weights.safetensors'] = files['weights.safetensors'][:-1] + b'x'",
                 "'weights.safetensors' has ");
  expect_refused("keep = True; files['log.h5'] += b'x'", "'log.h5' has ");
  expect_refused("del files['weights.safetensors']", "has no weights.safetensors");
  expect_refused("keep = True; del files['samples.png']", "lacks 'samples.png'");
  expect_refused("files['../escaped'] = b'x'", "may lead out of the folder");
  expect_refused("files['/tmp/escaped'] = b'x'", "may lead out of the folder");
  expect_refused("files['a\\\\..\\\\escaped'] = b'x'", "may lead out of the folder");
  expect_refused("files['..'] = b'x'", "may lead out of the folder");
  expect_refused("extra = [('unnamed', b'x')]", "that its list does not name, 'unnamed'");
  expect_refused(
      "i = zipfile.ZipInfo('link'); i.create_system = 3; i.external_attr = (stat.S_IFLNK | 0o777) << 16\n"
      "files['link'] = b'/etc/passwd'; extra = [(i, files.pop('link'))]",
      "has a link or special file, 'link'");
  expect_refused("listed['format'] = 'another'", "is not of format elbo-pack-1");
  expect_refused("files['run.json'] = b'{}'", "run.json");
  write("other.zip", "PK not a zip at all, but long enough to be one");
  EXPECT_EQ(elbo("unpack other.zip").code, 2);
}

TEST_F(Pack, ABombIsRefusedBeforeItIsUnpacked) {
  packed();
  expect_refused("keep = True; listed['files']['bomb'] = {'bytes': 1 << 50, 'sha256': ''}; files['bomb'] = b'x'",
                 "unpacks to more than");
  expect_refused(
      "packing = zipfile.ZIP_DEFLATED; files['bomb'] = bytes(1 << 20); keep = True\n"
      "listed['files']['bomb'] = {'bytes': 5, 'sha256': ''}",
      "'bomb' has 1048576 bytes");
}

TEST_F(Pack, PluginsThatDifferAreNamedAndNothingOfThePackIsRun) {
  packed();
  const Said said = changed(
      "r = json.loads(files['run.json']); r['encoder']['sha256'] = 'ab' * 32\n"
      "r['likelihood'].update(plugin='strange', path='/tmp/strange.so'); files['run.json'] = json.dumps(r).encode()");
  EXPECT_EQ(said.code, 1) << said.err;
  EXPECT_TRUE(has(said.out, "differs: encoder:mlp is another build here (SHA-256 ")) << said.out;
  EXPECT_TRUE(has(said.out, "than the run was made with (abababab...)")) << said.out;
  EXPECT_TRUE(has(said.out, "differs: likelihood:strange is not in the folders of plugins here")) << said.out;
  EXPECT_EQ(elbo("show refused").code, 0);
  const Said sampled = elbo("sample refused");
  EXPECT_EQ(sampled.code, 2);
  EXPECT_TRUE(has(sampled.err, "/tmp/strange.so, which lies in no folder of plugins")) << sampled.err;
}

TEST_F(Pack, APipeThatAPackNamesAsItsDataIsNotReadFrom) {
  packed();
  shell("mkfifo pipe");
  const Said said = changed("r = json.loads(files['run.json']); r['dataset'].update(name='', format='csv', path='" +
                            path("pipe") + "')\nfiles['run.json'] = json.dumps(r).encode()");
  EXPECT_EQ(said.code, 1) << said.err;
  EXPECT_TRUE(has(said.out, "differs: its data: " + path("pipe") + ": there is no such file")) << said.out;
}

TEST_F(Pack, WhatCannotBePackedOrUnpackedIsSaid) {
  packed();
  EXPECT_EQ(elbo("unpack run.zip -o there").code, 0);
  const Said twice = elbo("unpack run.zip -o there");
  EXPECT_EQ(twice.code, 2);
  EXPECT_TRUE(has(twice.err, "is there already")) << twice.err;
  const Said named = elbo("unpack run.zip -o again --data x.csv");
  EXPECT_EQ(named.code, 2);
  EXPECT_TRUE(has(named.err, "the data set bars, which has a name and no path")) << named.err;
  shell("printf x >> there/weights.safetensors");
  const Said damaged = elbo("pack there");
  EXPECT_EQ(damaged.code, 2);
  EXPECT_TRUE(has(damaged.err, "is not what this run ended with")) << damaged.err;
  shell("rm there/weights.safetensors");
  EXPECT_TRUE(has(elbo("pack there").err, "has no weights.safetensors"));
  EXPECT_EQ(elbo("pack nowhere").code, 2);
  EXPECT_EQ(elbo("pack").code, 2);
}

}  // namespace
}  // namespace elbo::host
