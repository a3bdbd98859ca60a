// What watch has to ask its host: the names that it goes by, and who started it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/watch/starter.h"

namespace paceline::watch {

/// The host's own name, in lower case; "" if it has none.
std::string name_of_host();

/// Who started this process, by its environment.
Starter starter_of_this_process();

/// The DNS names that a certificate is for (`www.example.com`, `*.example.com`), in lower case: a browser
/// takes our answers under these only. None if it cannot be read.
std::vector<std::string> names_of_certificate(std::string_view pem);

}  // namespace paceline::watch
