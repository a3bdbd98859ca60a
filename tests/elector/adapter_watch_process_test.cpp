#include "services/elector/adapter_watch_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/support/real_loop.h"

namespace paceline::test {
using namespace elector;
namespace {

// A process that does nothing until it is killed, at the end of the test if not before.
class Child {
 public:
  Child() : pid_{fork()} {
    if (pid_ == 0)
      for (;;) pause();
  }
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::int64_t pid() const { return pid_; }
  /// It is over, and has left nothing behind, when this returns.
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

}  // namespace

TEST_CASE("the end of a process that is watched is told once", "[elector][process]") {
  Loop loop;
  PidWatch watch{loop};
  Child child;
  int told = 0;
  REQUIRE(watch.watch(child.pid(), [&] { ++told; }));
  loop.run_once(0ms);
  CHECK(told == 0);

  child.end();

  CHECK(run_until(loop, [&] { return told > 0; }));
  for (int i = 0; i < 3; ++i) loop.run_once(0ms);
  CHECK(told == 1);
}

TEST_CASE("who is watched for another is watched no more", "[elector][process]") {
  Loop loop;
  PidWatch watch{loop};
  Child first;
  Child second;
  std::string told;
  REQUIRE(watch.watch(first.pid(), [&] { told += "first "; }));

  REQUIRE(watch.watch(second.pid(), [&] { told += "second "; }));
  first.end();
  second.end();

  CHECK(run_until(loop, [&] { return !told.empty(); }));
  for (int i = 0; i < 3; ++i) loop.run_once(0ms);
  CHECK(told == "second ");
}

TEST_CASE("the callback of an end may watch the next one", "[elector][process]") {
  Loop loop;
  PidWatch watch{loop};
  Child first;
  Child second;
  std::string told;
  REQUIRE(watch.watch(first.pid(), [&] {
    told += "first ";
    REQUIRE(watch.watch(second.pid(), [&] { told += "second "; }));
  }));

  first.end();
  REQUIRE(run_until(loop, [&] { return !told.empty(); }));
  second.end();

  CHECK(run_until(loop, [&] { return told == "first second "; }));
}

TEST_CASE("a process that is not there cannot be watched", "[elector][process]") {
  Loop loop;
  PidWatch watch{loop};
  Child child;
  const auto gone = child.pid();
  child.end();
  int told = 0;

  for (const std::int64_t pid : {gone, std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
    CAPTURE(pid);
    const auto watched = watch.watch(pid, [&] { ++told; });
    REQUIRE(!watched);
    CHECK(watched.error().code == Errc::not_found);
    CHECK_THAT(watched.error().detail, Catch::Contains("pid " + std::to_string(pid)));
  }
  loop.run_once(0ms);
  CHECK(told == 0);
}

}  // namespace paceline::test
