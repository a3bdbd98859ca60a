/* The election with a quorum, as services/elector/ has it: two nodes that can be master, and a witness.
 *
 * Time is discrete. Timers hold REAL ticks left, with the worst clocks that rho allows: a voter on a fast clock
 * honours its lock for TV - EPS ticks, a master on a slow clock believes in its lease until TL + EPS ticks
 * after it SENT the heartbeat that was answered. The policy guarantees TL + EPS <= TV - EPS.
 * Links: one slot for each direction; what is in it may be lost, overwritten, or wait for ever (its age counts).
 * An elector that dies leaves its publisher with the grant; it comes back with what it stored, and quiet.
 * Left out, since they only ever make a node do less: pre-votes, staggers, priorities, damping, hold-offs, the
 * short promise after a vote. Grace is covered: a master whose lease ran out may go on asking in its term.
 *
 * S1 a term has one master in one life; S2 never two publishers with a valid grant; S4 (PUB) the endpoint never
 * accepts an older term after a newer one, although publishers pause between check and send.
 *
 * One promise is dropped at a time by -DBROKEN_...: the checker must then find a counterexample.
 *   BROKEN_GRANT    a voter votes although the grant that it supports, or its own, has not expired
 *   BROKEN_FORGETS  a restarted voter has forgotten for whom it voted: its term
 *   BROKEN_TERM     a voter does not raise its term to the one it votes for
 *   BROKEN_QUIET    a restarted voter votes at once
 *   BROKEN_SENDTIME the lease counts from the answer
 *   BROKEN_RELEASE  a term is released before its publisher has stopped
 *   BROKEN_FENCE    the endpoint does not look at the term (with PUB)
 */
#ifndef TV
#define TV 3
#endif
#ifndef TL
#define TL 1
#endif
#ifndef EPS
#define EPS 1
#endif
#ifndef ROUNDS
#define ROUNDS 2        /* highest term counter */
#endif
#ifndef CRASHES
#define CRASHES 1       /* of electors */
#endif
#ifndef HANDOVERS
#define HANDOVERS 0
#endif
#ifndef PUB
#define PUB 0           /* 1: publications that wait between check and endpoint */
#endif

#define LOCK  (TV - EPS)
#define LEASE (TL + EPS)
#define OLDEST (LEASE + 1)

#define NOTHING 0
#define VOTE_REQUEST 1
#define VOTE 2
#define HEARTBEAT 3
#define ACKNOWLEDGE 4
#define RELEASE 5

#define FOLLOWER 0
#define CANDIDATE 1
#define LEADER 2        /* leads its term: leader, master or grace, by its lease */

byte term[3], lock_left[3], locked_for[3], quiet[3];
byte role[2], votes[2];
byte granted[2], granted_term[2];  /* the publisher's grant: ticks left, and its term */
bool knows[2];                     /* the elector knows of that grant: it has not restarted since */
byte kind[9], named[9], age[9];    /* the links: from * 3 + to */
byte crashes = CRASHES, handovers = HANDOVERS;
byte life[2];                      /* of the electors, to tell masters of one term apart */
byte led_by[8];                    /* term -> 1 + node + 2 * life, 0 = nobody */
byte on_the_way[2], accepted;      /* publications: the term they carry */

#define LINK(from, to) ((from) * 3 + (to))
#define count(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1))
#define EXCLUSION assert(!(granted[0] > 0 && granted[1] > 0))

#ifdef BROKEN_GRANT
#define MAY_VOTE(v, asker) (true)
#else
#define MAY_VOTE(v, asker) ((lock_left[v] == 0 || locked_for[v] == asker + 1) && \
                            !(v < 2 && granted[v % 2] > 0 && knows[v % 2]))
#endif
#ifdef BROKEN_TERM
#define RAISE(v, t) skip
#else
#define RAISE(v, t) term[v] = t
#endif
#ifdef BROKEN_QUIET
#define QUIET 0
#else
#define QUIET LOCK
#endif
#ifdef BROKEN_SENDTIME
#define LEASE_LEFT(since) LEASE
#else
#define LEASE_LEFT(since) (since >= LEASE -> 0 : LEASE - since)
#endif

inline put(from, to, what, which, since) {
  if
  :: kind[LINK(from, to)] = what; named[LINK(from, to)] = which; age[LINK(from, to)] = since
  :: kind[LINK(from, to)] != NOTHING -> skip    /* the new one is lost */
  fi
}
inline clear(from, to) { kind[LINK(from, to)] = NOTHING; named[LINK(from, to)] = 0; age[LINK(from, to)] = 0 }
inline run_down(timer) { if :: timer > 0 -> timer-- :: else fi }

inline tick() {
  k = 0;
  do
  :: k < 3 ->
     run_down(lock_left[k]); if :: lock_left[k] == 0 -> locked_for[k] = 0 :: else fi;
     run_down(quiet[k]); k++
  :: else -> break
  od;
  run_down(granted[0]); if :: granted[0] == 0 -> granted_term[0] = 0; knows[0] = false :: else fi;
  run_down(granted[1]); if :: granted[1] == 0 -> granted_term[1] = 0; knows[1] = false :: else fi;
  k = 0;
  do
  :: k < 9 ->
     if :: (kind[k] == HEARTBEAT || kind[k] == ACKNOWLEDGE) && age[k] < OLDEST -> age[k]++ :: else fi; k++
  :: else -> break
  od;
  k = 0
}

/* A follower whose lock ran out may stand at any time. */
inline stand(i) {
  term[i] = (term[i] / 2 + 1) * 2 + i; role[i] = CANDIDATE; votes[i] = 1 << i;
  put(i, 1 - i, VOTE_REQUEST, term[i], 0); put(i, 2, VOTE_REQUEST, term[i], 0)
}

inline follow(v) { if :: v < 2 -> role[v % 2] = FOLLOWER; votes[v % 2] = 0 :: else fi }

inline lead(i) {
  role[i] = LEADER; votes[i] = 0;
  assert(led_by[term[i]] == 0 || led_by[term[i]] == 1 + i + 2 * life[i]);
  led_by[term[i]] = 1 + i + 2 * life[i]
}

inline receive(from, v) {
  what = kind[LINK(from, v)]; which = named[LINK(from, v)]; since = age[LINK(from, v)]; clear(from, v);
  if
  :: what == VOTE_REQUEST ->
     if
     :: quiet[v] == 0 && which > term[v] && MAY_VOTE(v, from) ->
        RAISE(v, which); follow(v); put(v, from, VOTE, which, 0)
     :: else
     fi
  :: what == VOTE && v < 2 ->
     if
     :: role[v % 2] == CANDIDATE && which == term[v] ->
        votes[v % 2] = votes[v % 2] | (1 << from);
        if :: count(votes[v % 2]) >= 2 -> lead(v % 2) :: else fi
     :: else
     fi
  :: what == HEARTBEAT ->
     if
     :: which >= term[v] ->
        term[v] = which; lock_left[v] = LOCK; locked_for[v] = from + 1; follow(v);
        put(v, from, ACKNOWLEDGE, which, since)
     :: else
     fi
  :: what == ACKNOWLEDGE && v < 2 ->
     if
     :: role[v % 2] == LEADER && which == term[v] && LEASE_LEFT(since) > granted[v % 2] ->
        granted[v % 2] = LEASE_LEFT(since); granted_term[v % 2] = which; knows[v % 2] = true; EXCLUSION
     :: else
     fi
  :: what == RELEASE ->
     if
     :: locked_for[v] == from + 1 && which >= term[v] -> lock_left[v] = 0; locked_for[v] = 0
     :: else
     fi
  :: else
  fi;
  what = 0; which = 0; since = 0
}

inline crash(v) {
  crashes--;
  lock_left[v] = 0; locked_for[v] = 0; quiet[v] = QUIET; follow(v);
  if :: v < 2 -> knows[v % 2] = false; life[v % 2]++ :: else fi;
#ifdef BROKEN_FORGETS
  term[v] = 0
#endif
}

inline hand_over(i) {
  handovers--;
#ifndef BROKEN_RELEASE
  granted[i] = 0; granted_term[i] = 0; knows[i] = false;   /* the publisher said that it has stopped */
#endif
  role[i] = FOLLOWER;
  put(i, 1 - i, RELEASE, term[i], 0); put(i, 2, RELEASE, term[i], 0)
}

inline arrive(i) {
  if
  :: on_the_way[i] >= accepted -> accepted = on_the_way[i]
  :: else ->
#ifdef BROKEN_FENCE
     assert(false)                                          /* S4: accepted all the same */
#endif
  fi;
  on_the_way[i] = 0
}

#define CAN_STAND(i) (role[i] != LEADER && quiet[i] == 0 && lock_left[i] == 0 && \
                      !(granted[i] > 0 && knows[i]) && term[i] / 2 < ROUNDS)

active proctype cluster() {
  byte k, what, which, since;
  do
  :: d_step { true -> tick() }
  :: atomic { CAN_STAND(0) -> stand(0) }
  :: atomic { CAN_STAND(1) -> stand(1) }
  :: atomic { role[0] == LEADER -> put(0, 1, HEARTBEAT, term[0], 0); put(0, 2, HEARTBEAT, term[0], 0) }
  :: atomic { role[1] == LEADER -> put(1, 0, HEARTBEAT, term[1], 0); put(1, 2, HEARTBEAT, term[1], 0) }
  :: atomic { kind[LINK(0, 1)] != NOTHING -> receive(0, 1) }
  :: atomic { kind[LINK(0, 2)] != NOTHING -> receive(0, 2) }
  :: atomic { kind[LINK(1, 0)] != NOTHING -> receive(1, 0) }
  :: atomic { kind[LINK(1, 2)] != NOTHING -> receive(1, 2) }
  :: atomic { kind[LINK(2, 0)] != NOTHING -> receive(2, 0) }
  :: atomic { kind[LINK(2, 1)] != NOTHING -> receive(2, 1) }
  :: atomic { crashes > 0 -> crash(0) }
  :: atomic { crashes > 0 -> crash(1) }
  :: atomic { crashes > 0 -> crash(2) }
  :: atomic { handovers > 0 && role[0] == LEADER && granted[0] > 0 -> hand_over(0) }
  :: atomic { handovers > 0 && role[1] == LEADER && granted[1] > 0 -> hand_over(1) }
#if PUB
  :: d_step { granted[0] > 0 && on_the_way[0] == 0 -> on_the_way[0] = granted_term[0] }
  :: d_step { granted[1] > 0 && on_the_way[1] == 0 -> on_the_way[1] = granted_term[1] }
  :: atomic { on_the_way[0] > 0 -> arrive(0) }
  :: atomic { on_the_way[1] > 0 -> arrive(1) }
#endif
  od
}
