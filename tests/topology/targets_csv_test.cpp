// Targets and memberships as spreadsheets export them.
#include <rapidcheck.h>

#include <algorithm>

#include "tests/support/catch.h"
#include "topology/check.h"
#include "topology/membership.h"
#include "topology/targets.h"

namespace paceline::test {
namespace {

using namespace std::string_view_literals;

Targets read(std::string_view text, std::string_view file = "t.csv") {
  const auto targets = parse_targets(text, file);
  if (!targets) FAIL(targets.error().detail);
  return *targets;
}

std::vector<std::string> told(std::string_view text, std::string_view file = "t.csv") {
  std::vector<std::string> lines;
  for (const auto& mistake : check_targets(text, file)) lines.push_back(mistake.text());
  return lines;
}

using Lines = std::vector<std::string>;

const Targets& plain() {
  static const Targets targets = read(
      "id,channel,group,queue,optimizationGoal,refreshPeriod,enabled\n"
      "sales,chat,Sales EMEA,Sales_VQ,5,1500ms,true\n"
      "help,callback,\"Zürich; Basel\",Help_VQ,,,false\n");
  return targets;
}

TEST_CASE("a sheet of a country with decimal commas is read as it is exported", "[topology]") {
  const auto targets = read(
      "\xef\xbb\xbf"
      "ID;Channel;\"Group\";QUEUE;OptimizationGoal;RefreshPeriod;Enabled;;\r\n"
      "sales;chat;Sales EMEA;Sales_VQ;5,0;1,5s;TRUE;;\r\n"
      ";;;;;;;;\r\n"
      "\r\n"
      "help;callback;\"Zürich; Basel\";Help_VQ;;;False;;\r\n"
      ";;;;;;;;\r\n");

  CHECK(targets.all == plain().all);
  CHECK(targets.version() == plain().version());
}

TEST_CASE("tabs, old Macs, any order of columns, blanks around cells and a line sep= are read",
          "[topology]") {
  const auto tabs = read(
      "queue\tenabled\tid\tgroup\trefreshPeriod\toptimizationGoal\tchannel\n"
      "Sales_VQ\tTRUE\tsales\tSales EMEA\t1.5s\t5\tchat\n"
      "Help_VQ\tFALSE\thelp\tZürich; Basel\t\t\tcallback\n",
      "t.tsv");
  const auto mac = read(
      "id,channel,group,queue,optimizationGoal,refreshPeriod,enabled\r"
      "sales, chat , Sales EMEA,\"Sales_VQ\" ,5,1.5s,true\r"
      "help,callback, \"Zürich; Basel\",Help_VQ,,,false");
  const auto told_separator = read(
      "sep=;\r\n;;;\r\nid;channel;group;queue;optimizationGoal;refreshPeriod;enabled\r\n"
      "# the groups, of which there are two, and \" a quote\r\n"
      "sales;chat;Sales EMEA;Sales_VQ;5;1500ms;true\r\n"
      "help;callback;\"Zürich; Basel\";Help_VQ;;;false\r\n");

  CHECK(tabs.all == plain().all);
  CHECK(mac.all == plain().all);
  CHECK(told_separator.all == plain().all);
}

TEST_CASE("a row may leave out what is empty at its end, as Excel does from the seventeenth on",
          "[topology]") {
  const auto targets = read("id;channel;group;queue;weight;pool\na;chat;A;AQ;2;\nb;chat;B;BQ\n");

  REQUIRE(targets.all.size() == 2);
  CHECK(targets.all[1].options.weight == 1);
  CHECK(told("id;channel;group;queue;weight\na;chat;A\n") ==
        Lines{"t.csv:2:1: 3 cells, the header has 5"});
  CHECK(told("id;channel;group;queue\na;chat;A;AQ;;\nb;chat;B;BQ;;x\n") ==
        Lines{"t.csv:3:1: 6 cells, the header has 4"});
}

TEST_CASE("mistakes of a sheet are told in its own words, all of them", "[topology]") {
  CHECK(told("\xef\xbb\xbfID;Chanel;Channel;Group;Queue;Optimization Goal;;ENABLED\r\n"
             "\r\n"
             "a b;;chat;;AQ;;;ja\r\n"
             "b;;Chat;B;BQ;3;x;\r\n") ==
        Lines{"t.csv:1:4: Chanel: unknown column; did you mean \"channel\"?",
              "t.csv:1:31: Optimization Goal: unknown column; did you mean \"optimizationGoal\"?",
              "t.csv:3:1: ID = \"a b\": not an id (1 to 128 letters, digits and -_.:@)",
              "t.csv:3:11: Group = \"\": not an object id (1 to 256 bytes of text)",
              "t.csv:3:17: ENABLED = \"ja\": not true or false",
              "t.csv:4:4: Channel = \"Chat\": not a media channel (1 to 32 of a-z 0-9 _ -)",
              "t.csv:4:16: \"x\": a cell in a column without a heading"});
  CHECK(told("id;channel;group;queue;weight\na;chat;A;AQ;1,5\n") ==
        Lines{"t.csv:2:13: weight = \"1,5\": not an integer"});
  CHECK(told("id,channel,group,queue,weight\na,chat,A,AQ,\"2,0\"\n") ==
        Lines{"t.csv:2:13: weight = \"2,0\": not an integer"});
  CHECK(told("id,channel,group,queue" + std::string(20'000, ',') + "\na,chat,A,AQ\n").empty());
  std::string wide = "id,channel,group,queue";
  for (int i = 0; i < 997; ++i) wide += ",x" + std::to_string(i);
  CHECK(told(wide + "\n") == Lines{"t.csv:1:1: 1001 columns, over 1000"});
  CHECK(told("id;channel;group;queue;ID\n") == Lines{"t.csv:1:24: ID: stands twice"});
}

TEST_CASE("what is no text of UTF-8 says how to save it", "[topology]") {
  const std::string save =
      "save the sheet as \"CSV UTF-8\" (LibreOffice: as Text CSV, character set UTF-8)";
  const Lines utf16{"t.csv:1:1: UTF-16 or no text, not UTF-8: " + save};
  CHECK(told("\xff\xfei\0d\0;\0"sv) == utf16);
  CHECK(told("\xfe\xff\0i\0d\0;"sv) == utf16);
  CHECK(told("i\0d\0;\0c\0"sv) == utf16);
  CHECK(told("PK\x03\x04zipped"sv) ==
        Lines{"t.csv:1:1: a spreadsheet itself, not its export: " + save});
  CHECK(told("id;channel;group;queue\na;chat;M\xfcnchen;AQ\n") ==
        Lines{"t.csv:2:8: group = \"M\xef\xbf\xbdnchen\": not an object id (1 to 256 bytes of "
              "text); not UTF-8: save the sheet as \"CSV UTF-8\""});
}

TEST_CASE("a file called .csv is never read as TOML, nor one called .toml as CSV", "[topology]") {
  const std::string csv = "id,channel,group,queue\na,chat,A,AQ\n";
  const std::string toml =
      "[[target]]\nid = \"a\"\nchannel = \"chat\"\ngroup = \"A\"\nqueue = \"AQ\"\n";

  CHECK(read(csv, "t.CSV").all == read(toml, "t.toml").all);
  CHECK(read(csv, "targets").all == read(toml, "targets").all);
  CHECK(read("queue;ID;group;channel\nAQ;a;A;chat\n", "targets").all == read(toml, "targets").all);
  CHECK(told(csv, "t.toml") ==
        Lines{"t.toml:1:3: CSV, which a file of this name is not: call it .csv"});
  CHECK(told(toml, "t.csv") ==
        Lines{"t.csv:1:1: TOML, which a file of this name is not: call it .toml"});
  const Lines no_heading{
      "t.csv:1:1: no heading: the first line names the columns, of which there have to be id, "
      "channel, group and queue"};
  CHECK(told("") == no_heading);
  CHECK(told("sales;chat;Sales;Sales_VQ\n") == no_heading);
}

TEST_CASE("a target whose group begins with # is no remark", "[topology]") {
  const auto targets = read("group,id,channel,queue\n#1,a,chat,AQ\n# a remark\n#,,,\n");

  REQUIRE(targets.all.size() == 1);
  CHECK(targets.all[0].group == "#1");
}

TEST_CASE("any sheet gives targets or mistakes with a place", "[topology][property]") {
  REQUIRE(rc::check([](const std::vector<std::vector<std::string>>& rows) {
    const char separator = *rc::gen::element(',', ';', '\t');
    std::string text = std::string{"queue"} + separator + "id" + separator + "Channel" + separator +
                       "GROUP" + separator + "weight\n";
    for (const auto& row : rows) {
      for (const auto& cell : row) text += cell + separator;
      text += *rc::gen::element("\r\n", "\n", "\r");
    }
    const auto mistakes = told(text);
    RC_ASSERT(parse_targets(text, "t.csv").has_value() == mistakes.empty());
    RC_ASSERT(std::ranges::all_of(mistakes, [](auto& m) { return m.starts_with("t.csv:"); }));
  }));
}

TEST_CASE("a membership is read as a sheet exports it", "[topology]") {
  Targets expected = read("id,channel,group,queue\na,chat,A,QA\nb,chat,B,QB\n");
  Targets targets = expected;
  REQUIRE(add_membership(expected, "agent,groups\nsmith,A;B\n\"jones, jim\",B\n", "m.csv"));

  for (const auto text :
       {"\xef\xbb\xbf"
        "Agent;Groups\r\nsmith;\"A;B\"\r\njones, jim;B\r\n;\r\n"sv,
        "Agent;Groups;\nsmith;A;B;\njones, jim;B;;\n"sv,
        "groups\tagent\n#1;A;B\tsmith\nB\tjones, jim\n"sv,
        "sep=;\n\n\"AGENT\";\"GROUPS\"\n\"smith\";\"A;B\"\n\"jones, jim\";\"B\"\n"sv}) {
    CAPTURE(text);
    Targets read_as = targets;
    const auto added = add_membership(read_as, text, "m.csv");
    if (!added) FAIL(added.error().detail);
    CHECK(read_as.agents == expected.agents);
  }
  CHECK(add_membership(targets,
                       "\xff\xfe"
                       "a"sv,
                       "m.csv")
            .error()
            .detail.starts_with("m.csv:1:1: UTF-16 or no text, not UTF-8: save the sheet as"));
  // With commas a third cell is no group, but a name that wants quotes.
  CHECK(add_membership(targets, "agent,groups\nsmith,A,B\n", "m.csv").error().detail ==
        "m.csv:2:1: 3 cells, not an agent and its groups");
}

}  // namespace
}  // namespace paceline::test
