/* Progress: from ANY state of locks, quiet times, terms and roles, once the network is whole and a quorum with one
 * node that can be master is up, there is exactly one master with a lease after K ticks, and it stays.
 *
 * A tick is one heartbeat, in which every message arrives. As in services/elector/: a follower stands when its lock
 * has run out, by its rank; it asks for pre-votes first, and takes a term above every one it was told; a voter
 * that is quiet, locked for another or under its own grant refuses; a leader that is in a lower term than a voter
 * steps down and stands again; one that gets no quorum for TV ticks gives up.
 *
 *   -DBROKEN_LOCK   a lock never runs out
 */
#ifndef TV
#define TV 3
#endif
#ifndef TL
#define TL 2
#endif
#ifndef K
#define K 12
#endif
#define AFTER 6         /* ticks for which the master must then stay */
#define FOLLOWER 0
#define LEADER 1
#define NODE(i) ((i) < 2)

byte term[3], lock_left[3], locked_for[3], quiet[3];
byte role[2], granted[2], alone[2];
byte wait[2];           /* ticks until it stands, once its lock is over */
bool up[3];
byte now = 0, i = 0, j = 0, yes = 0, highest = 0, owner = 9, masters = 0;
bool refused = false;

#define run_down(x) if :: x > 0 -> x-- :: else fi
#define would_vote(v, asker) (up[v] && quiet[v] == 0 && (lock_left[v] == 0 || locked_for[v] == asker + 1) && \
                              !(NODE(v) && granted[v % 2] > 0))

inline campaign(c) {
  yes = 1; highest = term[c]; j = 0;
  do
  :: j < 3 ->
     if
     :: j != c && up[j] ->
        if :: would_vote(j, c) -> yes++ :: else fi;
        if :: term[j] > highest -> highest = term[j] :: else fi
     :: else
     fi; j++
  :: else -> break
  od;
  if
  :: yes >= 2 ->
     term[c] = (highest / 2 + 1) * 2 + c; yes = 1; j = 0;
     do
     :: j < 3 ->
        if
        :: j != c && would_vote(j, c) && term[c] > term[j] ->
           term[j] = term[c]; yes++;
           if :: NODE(j) -> role[j % 2] = FOLLOWER; wait[j % 2] = 1 + j :: else fi
        :: else
        fi; j++
     :: else -> break
     od;
     if :: yes >= 2 -> role[c] = LEADER; alone[c] = 0 :: else fi
  :: else
  fi
}

inline beat(m) {
  yes = 1; refused = false; j = 0;
  do
  :: j < 3 ->
     if
     :: j != m && up[j] && term[m] >= term[j] ->
        term[j] = term[m]; lock_left[j] = TV; locked_for[j] = m + 1; yes++;
        if :: NODE(j) -> role[j % 2] = FOLLOWER; wait[j % 2] = j :: else fi
     :: j != m && up[j] && term[m] < term[j] -> refused = true
     :: else
     fi; j++
  :: else -> break
  od;
  if
  :: refused -> role[m] = FOLLOWER; wait[m] = 0
  :: !refused && yes >= 2 -> granted[m] = TL; alone[m] = 0
  :: else -> alone[m]++; if :: alone[m] >= TV -> role[m] = FOLLOWER; wait[m] = m :: else fi
  fi
}

active proctype cluster() {
  atomic {
    if :: up[0] = true; up[1] = true; up[2] = true :: up[0] = true; up[1] = true
       :: up[0] = true; up[2] = true :: up[1] = true; up[2] = true fi;
    i = 0;
    do
    :: i < 3 ->
       if :: lock_left[i] = 0 :: lock_left[i] = TV / 2 :: lock_left[i] = TV fi;
       if :: lock_left[i] > 0 -> if :: locked_for[i] = 1 :: locked_for[i] = 2 fi :: else fi;
       if :: quiet[i] = 0 :: quiet[i] = TV fi;
       if :: term[i] = 0 :: term[i] = 2 :: term[i] = 3 fi; i++
    :: else -> break
    od;
    if :: role[0] = FOLLOWER :: term[0] % 2 == 0 && term[0] > 0 -> role[0] = LEADER fi;
    if :: role[1] = FOLLOWER :: term[1] % 2 == 1 -> role[1] = LEADER fi;
    i = 0
  };
  do
  :: now < K + AFTER ->
     atomic {
       do
       :: i < 2 -> if :: up[i] && role[i] == LEADER && quiet[i] == 0 -> beat(i) :: else fi; i++
       :: else -> break
       od;
       i = 0;
       do
       :: i < 2 ->
          if
          :: up[i] && role[i] != LEADER && quiet[i] == 0 && (lock_left[i] == 0 || locked_for[i] == i + 1) ->
             if :: wait[i] > 0 -> wait[i]-- :: else -> campaign(i); if :: role[i] == LEADER -> beat(i) :: else fi fi
          :: else
          fi; i++
       :: else -> break
       od;
       masters = 0;
       if :: up[0] && role[0] == LEADER && granted[0] > 0 -> masters = masters + 1 :: else fi;
       if :: up[1] && role[1] == LEADER && granted[1] > 0 -> masters = masters + 2 :: else fi;
       assert(now < K || masters == 1 || masters == 2);
       if :: now >= K -> assert(owner == 9 || owner == masters); owner = masters :: else fi;
       i = 0;
       do
       :: i < 3 ->
#ifndef BROKEN_LOCK
          run_down(lock_left[i]);
#endif
          if :: lock_left[i] == 0 -> locked_for[i] = 0 :: else fi;
          run_down(quiet[i]); i++
       :: else -> break
       od;
       run_down(granted[0]); run_down(granted[1]);
       now++; i = 0; j = 0; yes = 0; highest = 0; masters = 0; refused = false
     }
  :: else -> break
  od
}
