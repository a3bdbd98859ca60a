// The OpenAPI document of watch: its paths as written in openapi.yaml, its components made from the tables beside the
// structures (common/wire/answers.h), so that it lists every member that is sent.
#pragma once

#include <string>
#include <string_view>

namespace paceline::watch {

/// `written` with the components in place of its line "    # @components".
std::string openapi_document(std::string_view written);

/// GET /api/v1/schema: {"messages": [...], "answers": [...], "explanation": {"sections": [...], "figures": [...]}}, the
/// first two as schema_json() has them, the last from common/wire/explanation.h.
std::string served_schema();

}  // namespace paceline::watch
