#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <filesystem>
#include <fstream>
#include <system_error>

#include "services/elector/adapter_store.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace elector;
namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream{path} << text;
}

bool exists(const std::string& path) {
  return std::filesystem::exists(path);
}

}  // namespace

TEST_CASE("orders are kept for the name of their cluster, and a damaged file is no empty one",
          "[elector]") {
  const Folder folder;
  const Orders orders{.pause = {"a drill", 12}, .maintenance = "new disks"};
  {
    FileStore store{folder / "state", "demo"};
    CHECK(store.load_orders() == Orders{});
    REQUIRE(store.save_orders(orders));
  }
  {
    FileStore store{folder / "state", "demo"};
    CHECK(store.load_orders() == orders);
    CHECK(store.load() == DurableState{});
  }
  CHECK(FileStore{folder / "state", "other"}.load_orders() == Orders{});

  write(folder / "state/orders-demo", "");

  CHECK_FALSE(FileStore{folder / "state", "demo"}.load_orders());
}

TEST_CASE("a term is kept for the name of its cluster, and another name begins anew", "[elector]") {
  const Folder folder;
  const DurableState reached{.term = 1793, .incarnation = 12};
  {
    FileStore store{folder / "state", "demo"};
    CHECK(store.load() == DurableState{});
    REQUIRE(store.save(reached));
  }

  {
    FileStore renamed{folder / "state", "demo-2"};
    CHECK(renamed.load() == DurableState{});
    REQUIRE(renamed.save({.term = 257, .incarnation = 13}));
  }

  FileStore back{folder / "state", "demo"};
  CHECK(back.load() == reached);
  CHECK(exists(folder / "state/term-demo-2"));
}

TEST_CASE("a term file of before is taken over once, by the name that is first", "[elector]") {
  const Folder folder;
  const DurableState reached{.term = 1793, .incarnation = 12};
  write(folder / "term", format_durable_state(reached));

  {
    FileStore store{folder.path(), "demo"};
    CHECK(store.load() == reached);
    CHECK_FALSE(exists(folder / "term"));
  }

  FileStore renamed{folder.path(), "demo-2"};
  CHECK(renamed.load() == DurableState{});
}

TEST_CASE("a term file of before replaces none that is there", "[elector]") {
  const Folder folder;
  const DurableState reached{.term = 1793, .incarnation = 12};
  write(folder / "term", format_durable_state({.term = 257, .incarnation = 1}));
  write(folder / "term-demo", format_durable_state(reached));

  FileStore store{folder.path(), "demo"};

  CHECK(store.load() == reached);
  CHECK(exists(folder / "term"));
}

TEST_CASE("a torn term file of before is lost under its new name too", "[elector]") {
  const Folder folder;
  write(folder / "term", "paceline-elector 1\nterm 17");

  FileStore store{folder.path(), "demo"};

  CHECK(store.load().lost);
}

TEST_CASE("one elector runs in a state folder, whatever its cluster is called", "[elector]") {
  const Folder folder;
  const FileStore store{folder.path(), "demo"};

  CHECK_THROWS_AS((FileStore{folder.path(), "demo-2"}), std::system_error);
}

}  // namespace paceline::test
