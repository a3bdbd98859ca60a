/* The election of a pair (mode = "pair", no witness), within its stated assumption: the nodes hear each other, so
 * that silence means death. A heartbeat arrives within the tick it was sent in; electors and whole nodes die and
 * come back. A dead elector leaves its publisher with the grant; a dead node does not.
 *
 * Never two valid grants, although one node is enough to elect (S2); a term has one master (S1).
 *   -DBROKEN_SILENCE   a node stands before its peer was silent for a whole lock
 *   -DBROKEN_PARTITION the assumption does not hold: the link may be cut. Two masters must be found.
 */
#ifndef TV
#define TV 4
#endif
#ifndef TL
#define TL 2
#endif
#define EPS 1
#define LOCK  (TV - EPS)
#define LEASE (TL + EPS)
#define ROUNDS 3
#ifndef CRASHES
#define CRASHES 2
#endif
#ifdef BROKEN_SILENCE
#define PATIENCE 1
#else
#define PATIENCE LOCK
#endif

byte term[2], lock_left[2], quiet[2], silent[2], granted[2];
bool up[2], master[2], met[2];
bool is_cut = false;
byte crashes = CRASHES;

#define EXCLUSION assert(!(granted[0] > 0 && granted[1] > 0))
#define run_down(timer) if :: timer > 0 -> timer-- :: else fi

inline elect(i) {
  term[i] = ((term[i] > term[1 - i] -> term[i] : term[1 - i]) / 2 + 1) * 2 + i;
  master[i] = true; granted[i] = LEASE; EXCLUSION
}

/* Both hear each other: presence and heartbeats of this tick. */
inline hear(v) {
  silent[v] = 0; met[v] = true;
  if
  :: master[1 - v] && term[1 - v] >= term[v] ->
     term[v] = term[1 - v]; lock_left[v] = LOCK;
     if :: master[v] -> master[v] = false; granted[v] = 0 :: else fi
  :: else
  fi
}

inline stand(i) {
  if
  :: up[1 - i] && !is_cut && silent[i] < PATIENCE ->    /* the peer is there: it must agree */
     if
     :: quiet[1 - i] == 0 && lock_left[1 - i] == 0 && granted[1 - i] == 0 && !master[1 - i] -> elect(i)
     :: else
     fi
  :: silent[i] >= PATIENCE -> elect(i)                  /* alone */
  :: else
  fi
}

active proctype pair() {
  up[0] = true; up[1] = true; quiet[0] = LOCK; quiet[1] = LOCK;
  do
  :: atomic { true ->                                    /* one tick */
       run_down(granted[0]); run_down(granted[1]);
       run_down(lock_left[0]); run_down(lock_left[1]); run_down(quiet[0]); run_down(quiet[1]);
       if :: silent[0] < LOCK -> silent[0]++ :: else fi; if :: silent[1] < LOCK -> silent[1]++ :: else fi;
       if :: up[0] && master[0] -> granted[0] = LEASE :: else fi;
       if :: up[1] && master[1] -> granted[1] = LEASE :: else fi;
       if :: up[0] && up[1] && !is_cut -> hear(0); hear(1) :: else fi;
       EXCLUSION
     }
  :: atomic { up[0] && !master[0] && quiet[0] == 0 && lock_left[0] == 0 && term[0] / 2 < ROUNDS -> stand(0) }
  :: atomic { up[1] && !master[1] && quiet[1] == 0 && lock_left[1] == 0 && term[1] / 2 < ROUNDS -> stand(1) }
  :: atomic { crashes > 0 && up[0] -> crashes--; up[0] = false; master[0] = false; if :: granted[0] = 0 :: true fi }
  :: atomic { crashes > 0 && up[1] -> crashes--; up[1] = false; master[1] = false; if :: granted[1] = 0 :: true fi }
  :: atomic { !up[0] -> up[0] = true; quiet[0] = LOCK; lock_left[0] = 0; silent[0] = 0 }
  :: atomic { !up[1] -> up[1] = true; quiet[1] = LOCK; lock_left[1] = 0; silent[1] = 0 }
#ifdef BROKEN_PARTITION
  :: atomic { is_cut = !is_cut }
#endif
  od
}
