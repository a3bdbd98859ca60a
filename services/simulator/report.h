// What happened in the centre so far, as JSON for people and tests.
#pragma once

#include <string>

#include "services/simulator/centre.h"
#include "services/simulator/publication_endpoint.h"

namespace paceline::simulator {

/// The whole centre, each kind of group, and each group: occupancy [0..1], agents, reactive and
/// proactive interactions, invitations; SETTINGS.md has every member.
///   endpoint   adds what was published; may be null
///   cost        O(targets)
std::string report_of(const Centre& centre, const PublicationEndpoint* endpoint);

}  // namespace paceline::simulator
