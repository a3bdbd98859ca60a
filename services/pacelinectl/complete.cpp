#include "services/pacelinectl/complete.h"

#include <algorithm>
#include <array>

#include "common/base/pacing_options.h"
#include "common/wire/messages.h"
#include "common/wire/schema_text.h"
#include "services/pacelinectl/command_line.h"
#include "services/watch/target_table.h"
#include "topology/channel_table.h"

namespace paceline::pacelinectl {
namespace {

constexpr const char* bash = R"SCRIPT(# pacelinectl in bash: source <(pacelinectl completion bash)
_pacelinectl() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _pacelinectl pacelinectl
)SCRIPT";

constexpr const char* zsh = R"SCRIPT(#compdef pacelinectl
# pacelinectl in zsh: source <(pacelinectl completion zsh), behind compinit
_pacelinectl() {
  local line files=0
  local -a values
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=1
    else
      values+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( files )) && _files
  (( ${#values} )) && _describe -V 'pacelinectl' values
}
if [[ ${funcstack[1]} == _pacelinectl ]]; then
  _pacelinectl "$@"
else
  compdef _pacelinectl pacelinectl
fi
)SCRIPT";

constexpr const char* fish = R"SCRIPT(# pacelinectl in fish: pacelinectl completion fish | source
function __pacelinectl_complete
  set -l words (commandline -opc) "$(commandline -ct)"
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path "$words[-1]"
    else
      echo $line
    end
  end
end
complete -c pacelinectl -f -a '(__pacelinectl_complete)'
)SCRIPT";

template <Worded Enum>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  for (const Word& word : words_of<Enum>) names.emplace_back(word.name);
  return names;
}

/// Of an enumeration without a list of its words, which has `count` values.
template <class Enum>
std::vector<std::string> names_of(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.emplace_back(to_string(static_cast<Enum>(i)));
  return names;
}

/// What a placeholder of the table stands for, where that is a closed list.
std::vector<std::string> fixed_values(std::string_view kind) {
  if (kind == "STATE") return names_of<PaceState>();
  if (kind == "REASON") return names_of<PaceReason>();
  if (kind == "QUALITY") return names_of<StatQuality>();
  if (kind == "ALGORITHM") return names_of<Algorithm>(4);
  if (kind == "GOAL") return names_of<OptimizationTarget>(2);
  if (kind == "LEVEL") return {"debug", "info", "warn", "error"};
  if (kind == "SHELL") return {"bash", "zsh", "fish"};
  if (kind == "COLUMN") {
    const auto& known = watch::TargetTable::sort_words();
    return {known.begin(), known.end()};
  }
  std::vector<std::string> values;
  if (kind == "CHANNEL")
    for (const ChannelRule& rule : channel_rules()) values.emplace_back(rule.name);
  if (kind == "MESSAGE")
    for (const StructureText& message : message_schema()) values.push_back(message.name);
  if (kind == "COMMAND")
    for (const CommandRule& rule : command_line().commands) values.push_back(rule.name);
  return values;
}

const OptionRule* option_of(const std::vector<const CommandRule*>& chain, std::string_view name) {
  for (const CommandRule* rule : chain)
    for (const OptionRule& option : rule->options)
      if (option.name == name) return &option;
  return nullptr;
}

}  // namespace

Completion complete(const std::vector<std::string>& words, const LiveValues& live) {
  std::vector<const CommandRule*> chain = {&command_line()};
  std::size_t position = 0;  // Words of the command that stand already.
  std::string expected;      // The placeholder of an option's value that has to follow.
  const std::string typed = words.empty() ? std::string{} : words.back();
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (!expected.empty()) {
      expected.clear();
    } else if (word.starts_with('-')) {
      const OptionRule* option = option_of(chain, word);
      if (option) expected = option->value;
    } else if (const CommandRule* command = chain.back()->find(word); command && position == 0) {
      chain.push_back(command);
    } else {
      ++position;
    }
  }
  Completion completion;
  const auto offer = [&](const std::string& value, const std::string& help) {
    if (value.starts_with(typed)) completion.values.emplace_back(value, help);
  };
  const auto offer_kind = [&](const std::string& kind) {
    completion.files =
        kind == "FILE" || kind == "FOLDER" || kind == "OTHER" || kind == "FROM" || kind == "TO";
    for (const std::string& word : fixed_values(kind)) offer(word, "");
    if (kind == "TARGET" || kind == "NODE" || kind == "PROCESS")
      for (const std::string& word : live(kind, typed)) offer(word, "");
  };
  if (!expected.empty()) {
    offer_kind(expected);
  } else if (typed.starts_with('-')) {
    for (const CommandRule* rule : chain)
      for (const OptionRule& option : rule->options)
        if (rule == chain.back() || option.name != "--help") offer(option.name, option.help);
  } else {
    const CommandRule& command = *chain.back();
    if (position == 0)
      for (const CommandRule& below : command.commands) offer(below.name, below.summary);
    if (position < command.arguments.size()) offer_kind(command.arguments[position].name);
  }
  return completion;
}

std::string completion_script(std::string_view shell) {
  constexpr std::array<std::pair<std::string_view, const char*>, 3> scripts = {
      {{"bash", bash}, {"zsh", zsh}, {"fish", fish}}};
  for (const auto& [name, script] : scripts)
    if (name == shell) return script;
  return {};
}

}  // namespace paceline::pacelinectl
