#include "services/pacelinectl/top_view.h"

#include <algorithm>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

using Key = KeyPress::Key;

StatusAnswer two_nodes() {
  StatusAnswer status{.cluster = "demo", .term = 257, .master = "a", .targets = 10'000};
  status.nodes = {{.name = "a", .role = NodeRole::master, .publisher = "open"},
                  {.name = "b", .role = NodeRole::down, .publisher = "down"}};
  return status;
}

TargetsAnswer some(std::size_t count, std::size_t matching) {
  TargetsAnswer answer{.total = matching, .matching = matching};
  for (std::size_t i = 0; i < count; ++i)
    answer.targets.push_back(
        {.id = "target-" + std::to_string(i), .pace = {.state = PaceState::ok}});
  return answer;
}

std::vector<std::string> lines_of(const std::string& frame) {
  std::vector<std::string> lines = {""};
  for (const char c : frame)
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  return lines;
}

TEST_CASE("a frame fits the screen, whatever its size", "[pacelinectl]") {
  for (const Screen::Size size : {Screen::Size{24, 80}, {50, 200}, {10, 40}, {3, 20}, {1, 1}}) {
    CAPTURE(size.rows, size.columns);
    TopView view;
    const auto frame =
        top_frame(view, two_nodes(), some(100, 10'000), "watch is silent", "now", size, false);
    const auto lines = lines_of(frame);
    CHECK(lines.size() == static_cast<std::size_t>(size.rows));
    if (size.columns >= 80)
      CHECK(std::ranges::all_of(lines, [&](const std::string& line) {
        return line.size() <= static_cast<std::size_t>(size.columns);
      }));
  }
}

TEST_CASE("only what fits is asked for, sorted and filtered by watch", "[pacelinectl]") {
  TopView view;

  CHECK(top_query(view, {24, 80}, 2) == "/api/v1/targets?offset=0&limit=16&sort=id");
  for (const char key : {'S', 'r', 'f'}) CHECK(top_key(view, {Key::character, key}));
  CHECK(top_query(view, {24, 80}, 2) ==
        "/api/v1/targets?offset=0&limit=16&sort=-abandonment&state=ok");
}

TEST_CASE("scrolling stays within what there is", "[pacelinectl]") {
  TopView view;
  top_frame(view, two_nodes(), some(16, 20), "", "now", {24, 80}, false);

  for (int i = 0; i < 10; ++i) top_key(view, {Key::down});
  CHECK(view.offset == 4);
  top_key(view, {Key::page_up});
  CHECK(view.offset == 0);
  top_key(view, {Key::end});
  CHECK(view.offset == 4);
  top_key(view, {Key::home});
  top_key(view, {Key::up});
  CHECK(view.offset == 0);
}

TEST_CASE("a search is typed, kept by enter and forgotten by escape", "[pacelinectl]") {
  TopView view;
  top_key(view, {Key::character, '/'});
  for (const char c : std::string{"q&z"}) CHECK(top_key(view, {Key::character, c}));
  top_key(view, {Key::backspace});
  top_key(view, {Key::enter});

  CHECK(top_query(view, {24, 80}, 2).ends_with("&q=q%26"));
  top_key(view, {Key::escape});
  CHECK(view.search.empty());
  CHECK_FALSE(top_key(view, {Key::character, 'q'}));
  CHECK_FALSE(top_key(view, {Key::stop}));
}

TEST_CASE("what came over the network cannot steer the terminal", "[pacelinectl]") {
  TopView view;
  auto targets = some(1, 1);
  targets.targets[0].id = "\x1b[2Jevil";

  const auto frame = top_frame(view, two_nodes(), targets, "\x1b]0;x\a", "now", {24, 110}, false);

  CHECK(frame.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace paceline::test
