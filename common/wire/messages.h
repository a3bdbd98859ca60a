// Every structure that crosses a process boundary on the bus, one header a channel.
//
// On the wire (codec.h) a structure is a MessagePack array of its fields in the order of its schema (schema.h). A
// receiver ignores fields beyond those it knows, so a structure grows at its end only, by fields that are added(): the
// version before does not send them. Anything else raises wire_version, and a receiver refuses a version that it does
// not know.
#pragma once

#include "common/wire/control.h"      // An operator or a late subscriber <-> any process.
#include "common/wire/election.h"     // elector <-> electors of all nodes, watch.
#include "common/wire/feedback.h"     // publisher -> pacers of every node, watch.
#include "common/wire/pace.h"         // pacer -> publisher, watch.
#include "common/wire/publication.h"  // elector -> publisher, publisher -> elector and watch.
#include "common/wire/stat.h"         // statfeed -> pacer, watch.
