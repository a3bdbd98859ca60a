// The built pacelinectl in the shells themselves, and its pages in mandoc and man.
#include <filesystem>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/program.h"
#include "tests/support/source_folder.h"

namespace paceline::test {
namespace {

/// A script in a shell that finds pacelinectl, and the shipped demo as its cluster.
Ran in_shell(const std::string& shell, const std::string& script) {
  const auto bin = std::filesystem::path{PACELINECTL}.parent_path().string();
  return run_program("env PATH=" + bin + ":$PATH PACELINE_TOPOLOGY=" + source_folder() +
                     "/topology/demo.toml " + shell + " -c '" + script + "'");
}

TEST_CASE("bash completes", "[pacelinectl][process]") {
  const Ran ran = in_shell(
      "bash",
      "source <(pacelinectl completion bash) && complete -p pacelinectl && "
      "COMP_WORDS=(pacelinectl handover \"\") COMP_CWORD=2 && _pacelinectl && "
      "echo \"nodes: ${COMPREPLY[*]}\" && cd / && COMP_WORDS=(pacelinectl topology check et) && "
      "COMP_CWORD=3 && _pacelinectl && echo \"files: ${COMPREPLY[*]}\"");

  CAPTURE(ran.out);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("complete -F _pacelinectl pacelinectl\n") != std::string::npos);
  CHECK(ran.out.find("nodes: a b w\n") != std::string::npos);
  CHECK(ran.out.find("files: etc\n") != std::string::npos);
}

TEST_CASE("zsh completes", "[pacelinectl][process]") {
  // The widget that shows the matches needs an editor: here it prints what it was given.
  const Ran ran = in_shell("zsh -f",
                           "autoload -Uz compinit && compinit -D -u && "
                           "source <(pacelinectl completion zsh) && "
                           "print registered: $_comps[pacelinectl] && "
                           "_describe() { print -rl -- ${(P)${@[-1]}} } && "
                           "words=(pacelinectl loglevel pacer w) CURRENT=4 && _pacelinectl && "
                           "words=(pacelinectl stat) CURRENT=2 && _pacelinectl");

  CAPTURE(ran.out);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("registered: _pacelinectl\n") != std::string::npos);
  CHECK(ran.out.find("warn:") != std::string::npos);
  CHECK(ran.out.find("status:who is master") != std::string::npos);
}

TEST_CASE("fish completes", "[pacelinectl][process]") {
  const Ran ran = in_shell("HOME=/nonexistent fish --no-config",
                           "pacelinectl completion fish | source && "
                           "complete -C \"pacelinectl handover \" && "
                           "complete -C \"pacelinectl targets --qual\" && "
                           "complete -C \"pacelinectl topology check /et\"");

  CAPTURE(ran.out);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("a\nb\nw\n") != std::string::npos);
  CHECK(ran.out.find("--quality\tnot_visible, stale") != std::string::npos);
  CHECK(ran.out.find("/etc/") != std::string::npos);
}

TEST_CASE("mandoc and man take every page without a word", "[pacelinectl][process]") {
  const Ran lint =
      in_shell("bash",
               "folder=$(mktemp -d) && pacelinectl man --dir \"$folder\" >/dev/null && "
               "mandoc -Tlint -Wwarning \"$folder\"/*.1 && "
               "man --warnings -l \"$folder\"/pacelinectl-what-if.1 | cat && "
               "ls \"$folder\" | wc -l; rm -r \"$folder\"");

  CAPTURE(lint.out);
  CHECK(lint.out.find("WARNING") == std::string::npos);
  CHECK(lint.out.find("ERROR") == std::string::npos);
  CHECK(lint.out.find("warning") == std::string::npos);
  CHECK(lint.out.find("pacelinectl what-if t07 --agents 12") != std::string::npos);
}

}  // namespace
}  // namespace paceline::test
