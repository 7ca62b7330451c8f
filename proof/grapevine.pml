/*
 * One offer, one maker, two takers; crashes lose what the disk had not got. A macro takes one rule away (spin -DNO_LIFE ...) or adds
 * one (-DWAIT_RELEASED).
 *
 * A draft: it has not been searched to the end yet, with any of its macros, so that it proves nothing so far. Its first
 * counterexample, from before its last correction, is to be looked for again: a maker tells the end of a hold before that is durable,
 * a crash forgets it, the hold goes on, and an award meets a taker that has given its confirmation back.
 */
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef SILENCES
#define SILENCES 2                       /* holds that end because their taker is silent */
#endif

#define PER_LIFE 2                       /* epochs of one life: BASE + 1, BASE + 2 */
#define LIFE_SPAN 3
#define NOBODY 2
#define bit(e) (1 << (e))
#define has(mask, e) (((mask) >> (e)) & 1)

/* ---- the maker ---------------------------------------------------------------------------------------------------------- */
#define NOTHING 0
#define OPEN 1
#define RESERVED 2
#define AWARDED 3
#define ENDED 4                          /* cancelled or expired */

byte life = 0;                           /* durable before anything else of a life */
byte mp = NOTHING, mt = NOBODY, me = 0;  /* memory: phase, taker, latest epoch */
byte dp = NOTHING, dt = NOBODY, de = 0;  /* disk */
chan tail = [3] of { byte, byte, byte }; /* written, in order, not yet on the disk */
bool opened = false;                     /* the operator has ordered the offer */
bool queued[2];                          /* memory: acceptances that wait */

#define m_durable (len(tail) == 0)
#define m_room (nfull(tail))
#ifdef NO_LIFE
#define BASE 0
#define EPOCH_MAX 6
#else
#define BASE (life * LIFE_SPAN)
#define EPOCH_MAX (BASE + PER_LIFE)
#endif
#define LATEST (me > BASE -> me : BASE)
#ifdef NO_BASE
#define REPORTED me
#else
#define REPORTED LATEST
#endif
inline m_write(phase, taker, epoch) { mp = phase; mt = taker; me = epoch; tail!mp,mt,me }

/* ---- the takers --------------------------------------------------------------------------------------------------------- */
#define SEEN 0
#define ACCEPTING 1
#define CONFIRMED 2
#define WON 3
#define LOST 4
#define WITHDRAWN 5

typedef Taker {
  byte p; byte e; byte floor;            /* memory: phase, reservation, reservations up to here are over */
  byte dp; byte de; byte dfloor;         /* disk */
  byte shown                             /* the end that its user has been shown; 0: none */
}
Taker t[2];
chan ttail0 = [3] of { byte, byte, byte };
chan ttail1 = [3] of { byte, byte, byte };
#define t_durable(i) ((i == 0 && len(ttail0) == 0) || (i == 1 && len(ttail1) == 0))
#define t_room(i) ((i == 0 && nfull(ttail0)) || (i == 1 && nfull(ttail1)))
inline t_write(i, phase, epoch, over) {
  t[i].floor = over; t[i].p = phase; t[i].e = epoch; /* in this order: `over` may be t[i].e */
  if :: i == 0 -> ttail0!t[i].p,t[i].e,t[i].floor :: i == 1 -> ttail1!t[i].p,t[i].e,t[i].floor fi
}

/* ---- the network -------------------------------------------------------------------------------------------------------- */
/*
 * What was sent once can arrive at any time, as often as it likes, in any order; after everything else, which is as good as lost.
 * A mask has one bit for each epoch. An answer reaches nobody but the life that asked.
 */
bool announced = false;
bool accepted[2];
short approval[2];                       /* approvals that were ever sent */
short asked[2]; short yes[2]; short no[2]; /* approvals of this life of the maker, and the answers to them */
short released[2];                       /* "your hold is over" */
byte donewon[2]; bool donelost[2];       /* the end as it is told; donewon: the epoch */
short stover[2];                         /* status answers of this life of the taker: not yours, and the latest epoch is this one */
byte stwon[2]; bool stlost[2];
bool unknown[2];                         /* the maker knows no such offer */

/* ---- promises ----------------------------------------------------------------------------------------------------------- */
byte told = NOTHING, toldTaker = NOBODY; /* the end that the maker has told anybody */
byte crashes = CRASHES, silences = SILENCES;
bool withdrawals = true;

#define gone (opened && mp == NOTHING)   /* a crash took the offer, and nobody had been approved */
#define m_final (dp == AWARDED || dp == ENDED || gone)
#define t_final(i) (t[i].dp == SEEN || t[i].dp == WON || t[i].dp == LOST || t[i].dp == WITHDRAWN)
#define is_awarded(i) (dp == AWARDED && dt == i)

/* S1, S4: an end that was told is not told otherwise */
inline tell(phase, taker) {
  assert(told == NOTHING || (told == phase && toldTaker == taker));
  told = phase; toldTaker = taker
}
/* S2: the one to whom the offer was awarded does not go back on what it has confirmed */
inline s2_leave(i) { assert(!is_awarded(i)) }
/* S3: it has confirmed that very reservation, and still knows it */
inline s3_award() { assert(dp != AWARDED || ((t[dt].p == CONFIRMED || t[dt].p == WON) && t[dt].e == de)) }

/* ---- what waits for the disk: the rules that a macro takes away or adds */
#ifdef NO_WAIT_OPENED
#define opened_waits true
#else
#define opened_waits (dp != NOTHING)
#endif
#ifdef NO_WAIT_AWARDED
#define awarded_waits true
#else
#define awarded_waits (m_durable)
#endif
#ifdef NO_WAIT_ENDED
#define ended_waits true
#else
#define ended_waits (m_durable)
#endif
#ifdef WAIT_RELEASED
#define released_waits (m_durable)
#else
#define released_waits true
#endif
#ifdef NO_WAIT_WON
#define won_waits true
#else
#define won_waits (t_durable(i))
#endif
#ifdef NO_WAIT_LOST
#define lost_waits true
#else
#define lost_waits (t_durable(i))
#endif

/* ---- disks and crashes -------------------------------------------------------------------------------------------------- */
inline m_flush() { tail?dp,dt,de; s3_award() }
inline t_flush(i) {
  if :: i == 0 -> ttail0?t[i].dp,t[i].de,t[i].dfloor :: i == 1 -> ttail1?t[i].dp,t[i].de,t[i].dfloor fi
}
#define t_len(i) (i == 0 -> len(ttail0) : len(ttail1))

active proctype MakerDisk() {
end: do :: atomic { len(tail) > 0 -> m_flush() } od
}

active proctype MakerCrash() {
end:
  do
  :: atomic {
       crashes > 0 && opened -> crashes--;
       do :: len(tail) > 0 -> tail?dp,dt,de :: break od;
       do :: len(tail) > 0 -> tail?_,_,_ :: else -> break od;
       printf("maker     crashes; its journal says phase %d, taker %d, epoch %d\n", dp, dt, de);
       mp = dp; mt = dt; me = de; life++;
       queued[0] = false; queued[1] = false;
       asked[0] = 0; asked[1] = 0; yes[0] = 0; yes[1] = 0; no[0] = 0; no[1] = 0;
       s3_award();
       assert(told == NOTHING || (mp == told && (told == ENDED || mt == toldTaker))) /* S4 */
#ifdef DROP_OLD_HOLDS
       if :: mp == RESERVED -> m_write(OPEN, NOBODY, me) :: else -> skip fi
#endif
     }
  od
}

proctype TakerDisk(byte i) {
end: do :: atomic { t_len(i) > 0 -> t_flush(i) } od
}

proctype TakerCrash(byte i) {
end:
  do
  :: atomic {
       crashes > 0 && t[i].p != SEEN -> crashes--;
       do :: t_len(i) > 0 -> t_flush(i) :: break od;
       if
       :: i == 0 -> do :: len(ttail0) > 0 -> ttail0?_,_,_ :: else -> break od
       :: i == 1 -> do :: len(ttail1) > 0 -> ttail1?_,_,_ :: else -> break od
       fi;
       printf("taker %d   crashes; its journal says phase %d, epoch %d\n", i, t[i].dp, t[i].de);
       t[i].p = t[i].dp; t[i].e = t[i].de; t[i].floor = t[i].dfloor;
       stover[i] = 0; stwon[i] = 0; stlost[i] = false; unknown[i] = false;
       s3_award();
       assert(t[i].shown == 0 || t[i].p == t[i].shown) /* S4 */
     }
  od
}

#ifdef NO_EPOCH
#define is_confirmed (yes[mt] != 0)
#else
#define is_confirmed has(yes[mt], me)
#endif

/* ---- the maker's rules -------------------------------------------------------------------------------------------------- */
active proctype Maker() {
  byte i = 0, n = 0;
end:
  do
  :: atomic { !opened && m_room -> printf("maker     opens\n"); opened = true; m_write(OPEN, NOBODY, 0) }
  :: atomic { mp == OPEN && !announced -> announced = true } /* the broadcast does not wait */
  :: atomic { /* the next in the queue */
       mp == OPEN && m_room && LATEST < EPOCH_MAX && (queued[0] || queued[1]) ->
       if :: queued[0] -> i = 0 :: queued[1] -> i = 1 fi;
       queued[i] = false;
       n = LATEST; n++;
       m_write(RESERVED, i, n);
       printf("maker     reserves for taker %d, epoch %d\n", mt, me);
       i = 0; n = 0
     }
  :: atomic {
       mp == RESERVED && !has(asked[mt], me) && opened_waits
#ifdef WAIT_RESERVED
       && m_durable
#endif ->
       printf("maker     approves taker %d, epoch %d\n", mt, me);
       approval[mt] = approval[mt] | bit(me); asked[mt] = asked[mt] | bit(me)
     }
  :: atomic { /* the decision */
       mp == RESERVED && m_room && is_confirmed ->
       printf("maker     awards to taker %d, epoch %d\n", mt, me);
       assert(t[mt].e == me); /* S3 */
       m_write(AWARDED, mt, me)
     }
  :: atomic { mp == RESERVED && m_room && has(no[mt], me) -> printf("maker     releases epoch %d: refused\n", me); m_write(OPEN, NOBODY, me) }
  :: atomic { mp == RESERVED && m_room && silences > 0 -> silences--; printf("maker     releases epoch %d: silent\n", me); m_write(OPEN, NOBODY, me) }
  :: atomic { (mp == OPEN || mp == RESERVED) && m_room -> printf("maker     ends it\n"); m_write(ENDED, NOBODY, me) }
  :: atomic {
       mp == AWARDED && (donewon[mt] == 0 || !donelost[1 - mt]) && awarded_waits ->
       printf("maker     tells that taker %d has it\n", mt);
       tell(AWARDED, mt); donewon[mt] = me; donelost[1 - mt] = true
     }
  :: atomic {
       mp == ENDED && !(donelost[0] && donelost[1]) && ended_waits ->
       printf("maker     tells that it has ended\n");
       tell(ENDED, NOBODY); donelost[0] = true; donelost[1] = true
     }
  od
}

#define may_wait (mp == OPEN || (mp == RESERVED && mt != i))
#define not_its (mp == OPEN || (mp == RESERVED && mt != i))

/* What it answers to one taker. */
proctype MakerAnswers(byte i) {
end:
  do
  :: atomic { accepted[i] && may_wait && !queued[i] && LATEST < EPOCH_MAX -> queued[i] = true }
  :: atomic { /* at once, so that a taker need not ask */
       mp == OPEN && me > 0 && has(approval[i], me) && !has(released[i], me) && released_waits ->
       printf("maker     tells taker %d that epoch %d is over\n", i, me); released[i] = released[i] | bit(me)
     }
#ifndef NO_STATUS
  :: atomic { /* who has confirmed asks */
       t[i].p == CONFIRMED && not_its && REPORTED > 0 && !has(stover[i], REPORTED) && released_waits ->
       printf("maker     answers taker %d: not yours, epoch %d\n", i, REPORTED); stover[i] = stover[i] | bit(REPORTED)
     }
  :: atomic {
       t[i].p == CONFIRMED && mp == AWARDED && mt == i && stwon[i] == 0 && awarded_waits ->
       printf("maker     answers taker %d: yours\n", i); tell(AWARDED, i); stwon[i] = me
     }
  :: atomic {
       t[i].p == CONFIRMED && ((mp == AWARDED && mt != i) || mp == ENDED) && !stlost[i] && awarded_waits ->
       printf("maker     answers taker %d: lost\n", i); stlost[i] = true
     }
#endif
  :: atomic { gone && (t[i].p == ACCEPTING || t[i].p == CONFIRMED) && !unknown[i] -> printf("maker     knows no such offer\n"); unknown[i] = true }
  od
}

/* ---- the taker's rules -------------------------------------------------------------------------------------------------- */
#ifdef NO_FLOOR
#define fresh(n) true
#else
#define fresh(n) ((n) > t[i].floor)
#endif
#define would_confirm(n) ((t[i].p == ACCEPTING && fresh(n)) || (t[i].p == CONFIRMED && (n) > t[i].e))
#define has_confirmed(n) ((t[i].p == CONFIRMED || t[i].p == WON) && t[i].e == (n))

#define EPOCH(EP) \
  :: atomic { has(approval[i], EP) && would_confirm(EP) && t_room(i) -> \
       printf("taker %d   confirms epoch %d\n", i, EP); \
       if :: t[i].p == CONFIRMED -> s2_leave(i); t_write(i, CONFIRMED, EP, t[i].e) :: else -> t_write(i, CONFIRMED, EP, t[i].floor) fi } \
  :: atomic { has(asked[i], EP) && has_confirmed(EP) && !has(yes[i], EP) && confirmed_can_be_said -> yes[i] = yes[i] | bit(EP) } \
  :: atomic { has(asked[i], EP) && !has_confirmed(EP) && !would_confirm(EP) && !has(no[i], EP) -> \
       printf("taker %d   refuses epoch %d\n", i, EP); no[i] = no[i] | bit(EP) } \
  :: atomic { has(released[i], EP) && t[i].p == CONFIRMED && t[i].e == EP && t_room(i) -> \
       printf("taker %d   hears that epoch %d is over\n", i, EP); s2_leave(i); t_write(i, ACCEPTING, 0, EP) } \
  :: atomic { has(stover[i], EP) && t[i].p == CONFIRMED && t[i].e <= EP && t_room(i) -> \
       printf("taker %d   learns that epoch %d is over\n", i, t[i].e); s2_leave(i); t_write(i, ACCEPTING, 0, t[i].e) }

#ifdef NO_WAIT_CONFIRMED
#define confirmed_can_be_said true
#else
#define confirmed_can_be_said t_durable(i)
#endif

proctype TakerRules(byte i) {
end:
  do
  :: atomic { t[i].p == SEEN && announced && t_room(i) -> printf("taker %d   accepts\n", i); t_write(i, ACCEPTING, 0, t[i].floor); accepted[i] = true }
  EPOCH(1) EPOCH(2) EPOCH(3) EPOCH(4) EPOCH(5) EPOCH(6) EPOCH(7) EPOCH(8)
  :: atomic {
       t[i].p == CONFIRMED && t_room(i) && (donewon[i] == t[i].e || stwon[i] == t[i].e) ->
       printf("taker %d   wins epoch %d\n", i, t[i].e); t_write(i, WON, t[i].e, t[i].floor)
     }
  :: atomic {
       t[i].p == CONFIRMED && t_room(i) && (donelost[i] || stlost[i]) ->
       printf("taker %d   loses what it had confirmed\n", i); s2_leave(i); t_write(i, LOST, t[i].e, t[i].floor)
     }
  :: atomic { t[i].p == ACCEPTING && t_room(i) && (donelost[i] || unknown[i]) -> printf("taker %d   loses\n", i); t_write(i, LOST, 0, t[i].floor) }
  :: atomic { /* the operator does not want it any more */
       t[i].p == ACCEPTING && t_room(i) && withdrawals -> withdrawals = false;
       printf("taker %d   withdraws\n", i); t_write(i, WITHDRAWN, 0, t[i].floor)
     }
#ifdef SHOW_WITHDRAWN
  :: atomic { t[i].p == WITHDRAWN && t[i].shown == 0 -> printf("taker %d   shows that it is withdrawn\n", i); t[i].shown = WITHDRAWN }
#endif
  :: atomic {
       t[i].p == WON && t[i].shown == 0 && won_waits ->
       printf("taker %d   shows that it has won\n", i);
       assert(is_awarded(i) && de == t[i].e); /* S2 */
       t[i].shown = WON
     }
  :: atomic {
       t[i].p == LOST && t[i].e != 0 && t[i].shown == 0 && lost_waits ->
       printf("taker %d   shows that it has lost\n", i); t[i].shown = LOST
     }
  od
}

init {
  atomic {
    run MakerAnswers(0); run MakerAnswers(1);
    run TakerRules(0); run TakerRules(1);
    run TakerDisk(0); run TakerDisk(1);
    run TakerCrash(0); run TakerCrash(1)
  }
}

/* Everything comes to its end: the crashes and silences are used up some time, and every rule that stays possible is followed. */
ltl L1 { <> [] (opened && m_final && t_final(0) && t_final(1)) }
