// The .tar.gz of `init --tar`, unpacked by the real tar.
#include "services/pacelinectl/tar.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

std::string read(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_CASE("a packed bundle is unpacked with its modes, and packed to the same bytes again",
          "[pacelinectl][process]") {
  const std::string deep = std::string(90, 'f') + "/" + std::string(90, 'n');
  const std::vector<BundleFile> files{{"etc/paceline/topology.toml", "cluster\n", 0644},
                                      {"var/keys/a.secret", std::string(512, 's'), 0600},
                                      {"empty", "", 0644},
                                      {deep, std::string(513, 'd'), 0644}};
  const Folder folder;

  const auto packed = tar_gz(files, "nobody-of-this-name");

  REQUIRE(packed);
  CHECK(tar_gz(files, "nobody-of-this-name") == packed);
  std::ofstream{folder.path() + "/b.tar.gz"} << *packed;
  REQUIRE(std::system(
              ("tar -C " + folder.path() + " -xpzf " + folder.path() + "/b.tar.gz").c_str()) == 0);
  for (const BundleFile& file : files) {
    CAPTURE(file.path);
    struct stat about {};
    CHECK(stat((folder.path() + "/" + file.path).c_str(), &about) == 0);
    CHECK((about.st_mode & 07777u) == file.mode);
    CHECK(read(folder.path() + "/" + file.path) == file.content);
  }
  const auto refused = tar_gz(std::vector<BundleFile>{{std::string(101, 'x'), "", 0644}}, "root");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::too_large);
}

}  // namespace
}  // namespace paceline::test
