#include "topology/process/process_lock.h"

#include "common/base/incarnation.h"
#include "common/runtime/files.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
namespace {

constexpr WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 29} + 12h};

// A life that begins and ends without a word.
int crash(const std::string& file) {
  ProcessLock lock{file};
  REQUIRE(lock.try_hold());
  lock.begin(noon);
  return lock.quick_ends();
}

}  // namespace

TEST_CASE("one process of a name holds the lock", "[runtime]") {
  Folder folder;
  const std::string file = folder / "a/pacer-0.lock";
  ProcessLock second{file};
  {
    ProcessLock first{file};
    CHECK(first.try_hold());
    CHECK_FALSE(second.try_hold());
  }

  CHECK(second.try_hold());
}

TEST_CASE("a lock's folder is its process's own, also one that is there already", "[runtime]") {
  Folder folder;
  std::filesystem::create_directories(folder / "b");
  std::filesystem::permissions(folder / "b", std::filesystem::perms{0755});
  for (const char* node : {"a", "b"}) {
    const ProcessLock lock{folder / node + "/pacer-0.lock"};
    CHECK(std::filesystem::status(folder / node).permissions() ==
          std::filesystem::perms::owner_all);
  }
}

TEST_CASE("incarnations rise though the clock is set back", "[runtime]") {
  Folder folder;
  const std::string file = folder / "a/pacer-0.lock";
  std::uint64_t last = 0;
  for (const auto wall : {noon, noon - 1h, noon - 2h, noon + 1h}) {
    ProcessLock lock{file};
    REQUIRE(lock.try_hold());

    const auto incarnation = lock.begin(wall);

    CHECK(incarnation > last);
    last = incarnation;
  }
}

TEST_CASE("quick ends are counted until one lasts or was asked for", "[runtime]") {
  Folder folder;
  const std::string file = folder / "a/pacer-0.lock";
  for (int i = 0; i < 5; ++i) CHECK(crash(file) == i);
  {
    ProcessLock lasted_ten_seconds{file};
    REQUIRE(lasted_ten_seconds.try_hold());
    lasted_ten_seconds.begin(noon);
    lasted_ten_seconds.settle(lasted_ten_seconds.quick_ends());
  }
  CHECK(crash(file) == 5);
  {
    ProcessLock stopped_in_order{file};
    REQUIRE(stopped_in_order.try_hold());
    CHECK_FALSE(began_as_asked(stopped_in_order.begin(noon)));  // What crashed was before it.
    stopped_in_order.end_as_asked();
  }

  CHECK(crash(file) == 0);
}

TEST_CASE("an incarnation says whether the end before it was asked for", "[runtime]") {
  Folder folder;
  const std::string file = folder / "a/pacer-0.lock";
  const auto life = [&](bool is_asked) {
    ProcessLock lock{file};
    REQUIRE(lock.try_hold());
    const auto incarnation = lock.begin(noon);
    lock.settle(0);  // It lasted for a minute.
    if (is_asked) lock.end_as_asked();
    return incarnation;
  };
  const auto first = life(true);
  const auto after_a_reload = life(false);
  const auto after_a_crash = life(true);

  CHECK_FALSE(began_as_asked(first));
  CHECK(began_as_asked(after_a_reload));
  CHECK_FALSE(began_as_asked(after_a_crash));
  CHECK((first < after_a_reload && after_a_reload < after_a_crash));
}

TEST_CASE("a lock file of before, or of anything, counts nothing", "[runtime]") {
  Folder folder;
  const std::string file = folder / "a/pacer-0.lock";
  for (const auto* text : {"01764417600000000000\n", "", "\n\n\n", "words", "9\n-7\n"}) {
    REQUIRE(write_file_atomically(file, text));

    CHECK(crash(file) == 0);
  }
}

TEST_CASE("the pause before a start grows up to half a minute", "[runtime]") {
  std::vector<Duration> pauses;
  for (int quick_ends = 0; quick_ends < 12; ++quick_ends) pauses.push_back(pause_after(quick_ends));

  CHECK(pauses == std::vector<Duration>{0s, 0s, 0s, 500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s});
  CHECK(pause_after(1'000'000) == 30s);
}

}  // namespace paceline::test
