"""Checks a run by the endpoint's own log alone, and tells which gap belongs to which fault."""
import dataclasses


@dataclasses.dataclass
class Gap:
    """No publication was accepted between these two."""
    began_ms: float
    ended_ms: float
    before: str   # Who published last,
    after: str    # and who then.
    terms: tuple

    @property
    def length_ms(self):
        return self.ended_ms - self.began_ms


def broken_promises(rows):
    """Every accepted publication against all before it; rows in the endpoint's order. Sentences, none = sound."""
    wrong, term, sequence, owners = [], 0, 0, {}
    for row in (row for row in rows if row["status"] == 200):
        at = f"{row['received']}: {row['node']} term {row['term']} sequence {row['sequence']}"
        if row["term"] < term:
            wrong.append(f"{at} was accepted after term {term}")
        elif row["term"] == term and row["sequence"] <= sequence:
            wrong.append(f"{at} was accepted after sequence {sequence} of that term")
        if owners.setdefault(row["term"], row["node"]) != row["node"]:
            wrong.append(f"{at}: the term was {owners[row['term']]}'s")
        term, sequence = row["term"], row["sequence"]
    return wrong


def gaps(rows):
    accepted = [row for row in rows if row["status"] == 200]
    return [Gap(a["received_ms"], b["received_ms"], a["node"], b["node"], (a["term"], b["term"])) for a, b in zip(accepted, accepted[1:])]


def gaps_during(rows, began_ms, ended_ms):
    """Those that overlap the time of a fault."""
    return [gap for gap in gaps(rows) if gap.ended_ms > began_ms and gap.began_ms < ended_ms]


def unattributed(rows, faults, at_least_ms):
    """Gaps, and changes of term, that no fault touches: faults = (began_ms, ended_ms)."""
    return [gap for gap in gaps(rows) if (gap.length_ms > at_least_ms or gap.terms[0] != gap.terms[1])
            and not any(gap.ended_ms > began and gap.began_ms < ended for began, ended in faults)]
