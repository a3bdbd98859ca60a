// What README.md and CONTRACT.md say, beside what the code says. (Settings: config_test.cpp)
#include "tests/support/manual.h"
#include "common/wire/engagement.h"
#include "tests/support/rule_files.h"

namespace paceline::test {
namespace {

// Names of members, in any depth.
std::set<std::string> members_of(const std::string& json) {
  static const std::regex member{R"re("([A-Za-z]+)":)re"};
  std::set<std::string> members;
  for (std::sregex_iterator each{json.begin(), json.end(), member}, end; each != end; ++each)
    members.insert((*each)[1]);
  return members;
}

template <class Enum>
std::string listed_words() {
  std::string all;
  for (const auto& word : words_of<Enum>) all += (all.empty() ? "" : ", ") + std::string{word.name};
  return all;
}

}  // namespace

TEST_CASE("the manual lists exactly the events that a publisher logs", "[publisher]") {
  check_log_events("services/publisher/README.md", "Log events", {"services/publisher"},
                   {"pace_refused"});
}

TEST_CASE("the manual says which file has which rule", "[publisher]") {
  check_rule_files("services/publisher");
}

TEST_CASE("the contract lists exactly the members of a publication", "[publisher]") {
  PublicationRequest request;
  request.targets.emplace_back();
  std::string body;
  encode_publication(request, body);
  auto said = members_of(body);
  said.erase("targets");  // It is in the name of each of its members.

  const auto table =
      read_table("services/publisher/CONTRACT.md", "The engagement contract, version 1");
  std::set<std::string> listed;
  std::map<std::string, std::string> means;
  for (const auto& row : table.rows)
    for (const auto& word : code_words(row[0])) {
      const std::string name = word.substr(word.rfind('.') + 1);
      listed.insert(name);
      means[name] = row[1] + row[2];
    }

  CHECK(listed == said);
  CHECK_THAT(means["state"], Catch::Contains(listed_words<PaceState>()));
  CHECK_THAT(means["reason"], Catch::Contains(listed_words<PaceReason>()));
}

TEST_CASE("the contract names every member of an answer and of a refusal", "[publisher]") {
  PublicationAnswer answer;
  answer.full_wanted = true;
  answer.rejected.emplace_back();
  answer.feedback.emplace_back();
  std::string body;
  encode_publication_answer(answer, body);

  const std::string contract =
      section_of("services/publisher/CONTRACT.md", "The engagement contract, version 1");
  const auto words = code_words(contract);
  for (const auto& member : members_of(body)) {
    CAPTURE(member);
    CHECK((std::ranges::count(words, member) + std::ranges::count(words, member + "[]")) > 0);
  }
}

}  // namespace paceline::test
