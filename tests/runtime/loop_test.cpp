#include "common/runtime/loop.h"

#include <signal.h>
#include <unistd.h>
#include <zmq.hpp>

#include "tests/support/catch.h"
#include "tests/support/real_loop.h"

namespace paceline::test {

TEST_CASE("timers ring in the order of their times and never inside the call that set them",
          "[runtime]") {
  Loop loop;
  std::string rung;
  loop.after(20ms, [&] { rung += 'b'; });
  loop.after(1ms, [&] {
    loop.after(0ms, [&] { rung += '1'; });
    rung += 'a';
  });

  REQUIRE(run_until(loop, [&] { return rung.size() == 3; }));

  CHECK(rung == "a1b");
}

TEST_CASE("a cancelled timer is silent and one that repeats may cancel itself", "[runtime]") {
  Loop loop;
  int rings = 0;
  bool done = false;
  TimerId repeating = 0;
  const auto silent = loop.after(1ms, [&] { rings += 100; });
  repeating = loop.every(1ms, [&] {
    if (++rings == 3) loop.cancel(repeating);
  });
  loop.cancel(silent);
  loop.cancel(silent);
  loop.after(100ms, [&] { done = true; });

  REQUIRE(run_until(loop, [&] { return done; }));

  CHECK(rings == 3);
}

TEST_CASE("a readable descriptor is told and may be forgotten from its own callback", "[runtime]") {
  Loop loop;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  int told = 0;
  loop.watch_fd(ends[0], true, false, [&] {
    ++told;
    loop.forget_fd(ends[0]);
  });

  REQUIRE(write(ends[1], "xy", 2) == 2);
  REQUIRE(run_until(loop, [&] { return told > 0; }));
  loop.run_once(10ms);

  CHECK(told == 1);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("a socket is heard whoever used it in between", "[runtime]") {
  zmq::context_t context;
  zmq::socket_t theirs{context, zmq::socket_type::pair};
  zmq::socket_t ours{context, zmq::socket_type::pair};
  theirs.bind("inproc://loop_test");
  ours.connect("inproc://loop_test");
  Loop loop;
  int heard = 0;
  loop.watch_socket(ours.handle(), [&] {
    zmq::message_t message;
    if (ours.recv(message, zmq::recv_flags::dontwait))
      ++heard;  // One: it accepts being called again.
  });
  loop.run_once(0ms);
  CHECK(heard == 0);

  // To ask a socket takes away what makes its descriptor readable.
  loop.after(0ms, [&] {
    for (int i = 0; i < 3; ++i) theirs.send(zmq::str_buffer("word"), zmq::send_flags::dontwait);
    CHECK(ours.get(zmq::sockopt::events) == ZMQ_POLLIN + ZMQ_POLLOUT);
  });
  for (int turn = 0; turn < 10 && heard < 3; ++turn) loop.run_once(0ms);
  CHECK(heard == 3);

  loop.forget_socket(ours.handle());
  theirs.send(zmq::str_buffer("word"), zmq::send_flags::dontwait);
  loop.run_once(0ms);
  CHECK(heard == 3);
}

TEST_CASE("SIGTERM asks to stop and SIGHUP to reload", "[runtime]") {
  Loop loop;
  int stops = 0;
  int reloads = 0;
  loop.on_stop([&] { ++stops; });
  loop.on_reload([&]() -> Result<std::string> {
    ++reloads;
    return "done";
  });

  REQUIRE(kill(getpid(), SIGHUP) == 0);
  REQUIRE(kill(getpid(), SIGTERM) == 0);
  REQUIRE(run_until(loop, [&] { return stops == 1 && reloads == 1; }));

  loop.on_stop({});
  REQUIRE(kill(getpid(), SIGTERM) == 0);
  loop.run();
  CHECK(stops == 1);
}

TEST_CASE("a restart ends the loop once the service has stopped, and begins anew", "[runtime]") {
  Loop loop;
  int stops = 0;
  loop.on_stop([&] {
    ++stops;
    loop.after(1ms, [&] { loop.stop(); });  // Something is finished first.
  });

  loop.restart();
  CHECK(stops == 0);  // Whoever asked for it gets an answer first.
  loop.run();

  CHECK(stops == 1);
  CHECK(loop.restart_asked());
}

TEST_CASE("SIGTERM while a process begins anew is the end of it", "[runtime]") {
  Loop loop;
  int stops = 0;
  loop.on_stop([&] { ++stops; });
  loop.restart();
  REQUIRE(run_until(loop, [&] { return stops == 1; }));

  REQUIRE(kill(getpid(), SIGTERM) == 0);
  REQUIRE(run_until(loop, [&] { return stops == 2; }));

  CHECK_FALSE(loop.restart_asked());
}

}  // namespace paceline::test
