// GMS: the first byte says whether an answer or a question's form.
#include "common/wire/gms.h"

#include <cmath>

#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {

FUZZ(gms) {
  const auto written = [](const auto& encode) {
    std::string text;
    encode(text);
    return text;
  };
  if (take_choice(input, 2) == 0) {
    const auto answer = decode_gms_answer(input);
    if (!answer) return check_told(answer.error(), input);
    CHECK(!answer->value || std::isfinite(*answer->value));
    return check_stays(*answer, decode_gms_answer, [&](const GmsAnswer& value) {
      return written([&](std::string& out) { encode_gms_answer(value, out); });
    });
  }
  const auto question = decode_gms_question(input);
  if (!question) return check_told(question.error(), input);
  for (const char* key : {"metric", "statisticType"})
    check_stays(*question, decode_gms_question, [&](const GmsQuestion& value) {
      return written([&](std::string& out) { encode_gms_question(value, key, out); });
    });
}

}  // namespace paceline::fuzz
