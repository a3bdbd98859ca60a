// An HTTP answer as a fake endpoint gives it.
#pragma once

#include <string>
#include <utility>

#include "common/ports/http.h"

namespace paceline::test {

inline HttpAnswer answered(int status, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

}  // namespace paceline::test
