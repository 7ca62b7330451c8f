/*
 * One offer: a maker, two takers, a network that loses, repeats and reorders, and crashes that forget what nobody has waited for.
 * docs/PROOF.md says what is modelled, what is not, and why that is sound. Each macro of the table "Rules" takes one rule of the
 * protocol away, and then a promise breaks; without any of them none does.
 *
 * A step that waits for the disk is one transition here: while it waits its desk says nothing and takes no other step of that
 * offer, so that a crash during the wait is a crash before it or after it.
 */

/* ---- Bounds ------------------------------------------------------------------------------------------------------------- */
#ifndef MAKER_CRASHES
#define MAKER_CRASHES 1
#endif
#ifndef TAKER_CRASHES
#define TAKER_CRASHES 1                  /* both takers together */
#endif
#ifndef ANEW
#define ANEW 0                           /* acceptances after a taker has withdrawn or given up */
#endif
#ifndef SILENCES
#define SILENCES 1                       /* holds that end although their taker has not answered */
#endif
#ifndef PER_LIFE
#define PER_LIFE 2                       /* epochs that an offer can have in one life of its maker */
#endif
#define LIFE_SPAN (PER_LIFE + 1)         /* 2^20 in src/protocol/epochs.ts */

/* ---- Rules: which writes are waited for (src/protocol/durability.ts), and how epochs are numbered (src/protocol/epochs.ts) -- */
#define LAZY true
#define WAITED false
#ifndef CONFIRMED_WRITE
#define CONFIRMED_WRITE WAITED
#endif
#ifndef AWARDED_WRITE
#define AWARDED_WRITE WAITED
#endif
#ifndef ENDED_WRITE
#define ENDED_WRITE WAITED
#endif
#ifndef RELEASED_WRITE
#define RELEASED_WRITE WAITED            /* its taker was silent; it is told at once */
#endif
#ifndef REFUSED_WRITE
#define REFUSED_WRITE WAITED             /* released because its taker refused; it is told when it asks */
#endif
#ifndef RESERVED_WRITE
#define RESERVED_WRITE LAZY
#endif
#ifndef ORIGINALS_WRITE
#define ORIGINALS_WRITE WAITED           /* the reservation for a client of the original */
#endif
#ifndef WON_WRITE
#define WON_WRITE WAITED
#endif
#ifndef LOST_WRITE
#define LOST_WRITE WAITED                /* after a confirmation */
#endif
#ifndef CLOSED_WRITE
#define CLOSED_WRITE WAITED              /* by hand */
#endif
#ifndef WITHDRAWN_WRITE
#define WITHDRAWN_WRITE WAITED
#endif
#ifndef GAVE_UP_WRITE
#define GAVE_UP_WRITE LAZY
#endif
#ifndef ACCEPTING_WRITE
#define ACCEPTING_WRITE LAZY
#endif
#ifndef LOSS_WRITE
#define LOSS_WRITE LAZY                  /* lost before a confirmation, as the maker's end says */
#endif
#ifndef GIVEN_BACK_WRITE
#define GIVEN_BACK_WRITE LAZY            /* the taker's: its hold is over */
#endif
#ifdef NO_WAIT_OPENED
#define opened_is_durable true
#else
#define opened_is_durable (dp != NOTHING)
#endif

/* ---- The maker ---------------------------------------------------------------------------------------------------------- */
#define NOTHING 0
#define OPEN 1
#define RESERVED 2
#define AWARDED 3
#define ENDED 4                          /* cancelled or expired */
#define NOBODY 2
#define TAIL 3                           /* lazy writes that can be pending; the oldest becomes durable when there are more */

byte life = 0;
byte mp = NOTHING, mt = NOBODY, me = 0;  /* memory: phase, taker, latest epoch */
byte dp = NOTHING, dt = NOBODY, de = 0;  /* disk */
chan tail = [TAIL] of { byte, byte, byte };
bool opened = false;                     /* its operator has ordered it */
bool doubt;                              /* memory: a client of the original may have taken it */

#ifdef NO_LIFE
#define BASE 0
#define EPOCH_MAX (PER_LIFE * (MAKER_CRASHES + 1))
#else
#define BASE (life * LIFE_SPAN)
#define EPOCH_MAX (BASE + PER_LIFE)
#endif
#define LATEST (me > BASE -> me : BASE)
#ifdef NO_BASE
#define REPORTED me
#else
#define REPORTED LATEST                  /* the epoch in the answer to a question */
#endif

/* ---- The takers --------------------------------------------------------------------------------------------------------- */
#define SEEN 0
#define ACCEPTING 1
#define CONFIRMED 2
#define WON 3
#define LOST 4
#define LEFT 5                           /* withdrawn, or gave up */
#define CLOSED 6                         /* a doubt that its operator has ended */

typedef TakerState {
  byte p; byte e; byte floor;            /* memory: phase, reservation, reservations up to here are over */
  byte dp; byte de; byte dfloor;         /* disk */
  byte shown                             /* the end that its operator was shown; 0: none */
}
TakerState t[2];
chan tail0 = [TAIL] of { byte, byte, byte };
chan tail1 = [TAIL] of { byte, byte, byte };

#ifdef ORIGINAL
#define is_original(i) ((i) == 1)        /* taker 1 is a client of the original: it has no journal */
#else
#define is_original(i) false
#endif

/*
 * ---- The network. What was ever sent can arrive at any time, any number of times, in any order, or never.
 * Told once that its holds up to an epoch are over, a taker can be told so for ever: only the latest such epoch matters.
 */
#define bit(n) (1 << (n))
#define has(mask, n) (((mask) >> (n)) & 1)
bool accepted[2];                        /* offer:accept */
short approved[2];                       /* offer:accept:approved, a bit for each epoch */
byte over[2];                            /* offer:accept:released and answers to offer:status: holds up to here are over */
byte told = NOTHING, toldTaker = NOBODY, toldEpoch = 0; /* offer:done and answers to offer:status: how the offer ended */
bool yes, no;                            /* answers to this life's approval of the reservation that there is now */
bool anyYes;                             /* with NO_EPOCH: a confirmation of any reservation */

/* ---- Promises ----------------------------------------------------------------------------------------------------------- */
byte makerCrashes = MAKER_CRASHES, takerCrashes = TAKER_CRASHES, silences = SILENCES, anew = ANEW;
bool hasEnded = false;

mtype = { S1, S2, S3, S4, L1 };
#ifdef ONLY                              /* looks at one promise alone, where another one breaks earlier */
#define is_looked_at(which) (which == ONLY)
#else
#define is_looked_at(which) true
#endif
#define PROMISE(which, kept) if :: is_looked_at(which) && !(kept) -> printf("BROKEN %e\n", which); assert(false) :: else fi

/* Whether a taker that was shown that it has lost may be in doubt once more, until it is told the same again. */
#ifdef LOSS_ENDS_DOUBT
#define may_doubt_again false
#else
#define may_doubt_again true
#endif
#define SHOWN_END 7                      /* `shown`: lost, as the maker's end says */
#define gone (opened && mp == NOTHING)   /* a crash took the offer before it was durable */
#define stands(i) ((t[i].p == CONFIRMED || t[i].p == WON || t[i].p == CLOSED) && t[i].e == de)

/* S1: nobody is told of a second award. S4: an end that was told is never told otherwise. */
inline tell(phase, taker, epoch) {
  PROMISE(S1, told != AWARDED || phase != AWARDED || toldTaker == taker);
  PROMISE(S4, told == NOTHING || (told == phase && toldTaker == taker));
  told = phase; toldTaker = taker; toldEpoch = epoch
}
/* S2: the taker to which the offer was awarded stands by its confirmation. */
inline s2() {
  PROMISE(S2, dp != AWARDED || is_original(dt) || stands(dt))
}
/* S2 for a client of the original: what it has taken it has, or is held for it, unless an operator has decided otherwise. */
bool took, forgot, byHand, underWay;
inline s2_original() {
  PROMISE(S2, !took || byHand || ((mp == RESERVED || mp == AWARDED) && mt == 1))
}

/* ---- Writing ------------------------------------------------------------------------------------------------------------ */
inline m_write(lazy, phase, taker, epoch) {
  mp = phase; mt = taker; me = epoch;
  if
  :: lazy ->
     if :: len(tail) == TAIL -> tail?dp,dt,de :: else fi;
     tail!mp,mt,me
  :: else ->
     do :: len(tail) > 0 -> tail?_,_,_ :: else -> break od;
     dp = mp; dt = mt; de = me
  fi
}
/* `closed` is read before `reservation` is changed, as it may be the reservation that there was. */
inline t_write(lazy, phase, reservation, closed) {
  t[i].floor = closed; t[i].p = phase; t[i].e = reservation;
  if
  :: lazy ->
     if :: len(queue) == TAIL -> queue?t[i].dp,t[i].de,t[i].dfloor :: else fi;
     queue!t[i].p,t[i].e,t[i].floor
  :: else ->
     do :: len(queue) > 0 -> queue?_,_,_ :: else -> break od;
     t[i].dp = t[i].p; t[i].de = t[i].e; t[i].dfloor = t[i].floor
  fi
}

/* ---- The maker's rules -------------------------------------------------------------------------------------------------- */
#define is_going (opened_is_durable && (mp == OPEN || mp == RESERVED))
#define is_held_for(i) (mp == RESERVED && mt == i)
#define is_firm (mp == RESERVED && is_original(mt))
#ifdef BELIEVE_AN_ERROR
#define believes_error true
#else
#define believes_error (!doubt)
#endif

/* What is durable and final needs its counters no more: fewer states. */
inline settle() {
  if :: dp == AWARDED || dp == ENDED -> life = 0; makerCrashes = 0; silences = 0 :: else fi
}

inline forget_answers() { yes = false; no = false; anyYes = false }

inline award() {
  printf("maker awards to taker %d, epoch %d\n", mt, me);
  PROMISE(S3, is_original(mt) || t[mt].floor >= me || (t[mt].de == me && t[mt].dp >= CONFIRMED));
  PROMISE(S2, is_original(mt) || ((t[mt].p == CONFIRMED || t[mt].p == CLOSED) && t[mt].e == me));
  PROMISE(S4, is_original(mt) || t[mt].shown == 0 || t[mt].shown == CLOSED);
  tell(AWARDED, mt, me);
  m_write(AWARDED_WRITE, AWARDED, mt, me);
  forget_answers();
  settle();
  s2_original()
}

inline release(lazy) {
  m_write(lazy, OPEN, NOBODY, me);
  yes = false; no = false; doubt = false;
  s2_original()
}

active proctype Maker() {
end:
  do
  :: d_step { !opened -> opened = true; m_write(LAZY, OPEN, NOBODY, 0); printf("maker opens and announces\n") }
  :: d_step { mp == OPEN && dp == NOTHING -> tail?dp,dt,de; printf("maker has the offer on its disk\n") }
  :: d_step { mp == RESERVED && yes -> award() }
#ifdef NO_EPOCH
  :: d_step { mp == RESERVED && anyYes -> award() }
#endif
  :: d_step { mp == RESERVED && no && believes_error -> printf("maker releases epoch %d: refused\n", me); release(REFUSED_WRITE) }
  :: d_step { mp == RESERVED && !is_firm && silences > 0 ->
       silences--; printf("maker releases epoch %d: silent\n", me);
       if :: me > over[mt] -> over[mt] = me :: else fi;
       release(RELEASED_WRITE) }
#ifndef NO_END
  :: d_step { is_going && !is_firm ->
       printf("maker ends the offer\n");
       tell(ENDED, NOBODY, 0); m_write(ENDED_WRITE, ENDED, NOBODY, 0); forget_answers(); settle() }
#endif
#ifdef ORIGINAL
  :: d_step { is_firm && underWay && !doubt -> underWay = false; printf("maker knows that nothing was sent\n"); release(WAITED) }
  :: d_step { is_firm && !doubt -> doubt = true; underWay = false; printf("maker has no answer: in doubt\n")
#ifdef TIMEOUT_IS_REFUSAL
       ; release(WAITED)
#endif
     }
  :: d_step { is_firm && doubt && !underWay && !yes -> underWay = true; no = false; printf("maker asks again\n") }
  :: d_step { is_firm && doubt -> byHand = true; printf("maker's operator releases\n"); release(WAITED) }
#endif
  :: atomic { makerCrashes > 0 && mp != NOTHING && dp != AWARDED && dp != ENDED ->
       do :: len(tail) > 0 -> tail?dp,dt,de :: break od;
       makerCrashes--;
       d_step {
         printf("maker crashes and loses %d records\n", len(tail));
         do :: len(tail) > 0 -> tail?_,_,_ :: else -> break od;
         mp = dp; mt = dt; me = de;
         forget_answers();
#ifdef FORGET_DOUBT
         underWay = is_firm;
#else
         doubt = is_firm;
#endif
         PROMISE(S4, told == NOTHING || (mp == told && mt == toldTaker));
         s2(); s2_original()
       };
       if
       :: life++
#ifdef NO_WAIT_LIFE
       :: printf("maker's disk has forgotten its life\n")
#endif
       fi
     }
  od
}

/*
 * A taker also asks while it is queued, and may confirm before the answer arrives. With all rules in place such an answer says no
 * more than one that is asked for after the confirmation, so that the largest searches leave it out.
 */
#ifdef EARLY_ANSWERS
#define asks(i) (t[i].p == CONFIRMED || t[i].p == ACCEPTING)
#else
#define asks(i) (t[i].p == CONFIRMED)
#endif

/* What it does for one of the takers. */
proctype MakerFor(byte i) {
end:
  do
  :: d_step { is_going && mp == OPEN && accepted[i] && LATEST < EPOCH_MAX ->
#ifdef ONCE
       accepted[i] = false;
#endif
       me = LATEST;
       me++;
       if
       :: is_original(i) -> m_write(ORIGINALS_WRITE, RESERVED, i, me); underWay = true
       :: else -> m_write(RESERVED_WRITE, RESERVED, i, me); approved[i] = approved[i] | bit(me)
       fi;
       printf("maker reserves for taker %d, epoch %d, and approves\n", i, me) }
#ifndef NO_STATUS
  :: d_step { is_going && asks(i) && !is_held_for(i) && REPORTED > over[i] ->
       over[i] = REPORTED; printf("maker answers taker %d: not held for you, latest epoch %d\n", i, over[i]) }
  :: d_step { is_going && t[i].p == CONFIRMED && is_held_for(i) && me > t[i].e && me - 1 > over[i] && me - 1 >= t[i].e ->
       over[i] = me - 1; printf("maker answers taker %d: held for you, epoch %d\n", i, me) }
#endif
  od
}

/* ---- A taker's rules ---------------------------------------------------------------------------------------------------- */
#ifdef NO_FLOOR
#define over_until(i) (t[i].p == CONFIRMED -> t[i].e : 0)
#else
#define over_until(i) (t[i].p == CONFIRMED -> t[i].e : t[i].floor)
#endif
#define would_confirm(i, n) ((t[i].p == ACCEPTING || t[i].p == CONFIRMED) && (n) > over_until(i))
#define has_confirmed(i, n) ((t[i].p == CONFIRMED || t[i].p == WON) && t[i].e == (n))
#define is_told_other(i) (told != NOTHING && !(told == AWARDED && toldTaker == i))
#ifdef BELIEVE_STALE
#define is_told_over(i) (over[i] > 0)
#else
#define is_told_over(i) (over[i] >= t[i].e)
#endif
/* Without questions: all that is told without being asked for can be lost, and then nobody learns it. */
#ifdef NO_STATUS
#define learns false
#else
#define learns true
#endif
#ifdef TIMEOUT_IS_LOSS
#define may_lose(i) true
#else
#define may_lose(i) is_told_other(i)
#endif

proctype Taker(byte i; chan queue) {
  byte n = 0;
end:
  do
  :: d_step { t[i].p == SEEN && opened && t[i].shown != LEFT && (i == 0 || t[0].p != SEEN || accepted[0]) -> /* 0 is the one that accepts first */
       t_write(ACCEPTING_WRITE, ACCEPTING, 0, t[i].floor); accepted[i] = true; printf("taker %d accepts\n", i) }
#ifdef ONCE
  :: d_step { t[i].p == ACCEPTING && is_going && !is_held_for(i) && !accepted[i] -> accepted[i] = true; printf("taker %d accepts again\n", i) }
#endif
  :: atomic { (t[i].p == ACCEPTING || t[i].p == CONFIRMED) && (approved[i] >> (over_until(i) + 1)) != 0 ->
       n = over_until(i) + 1;
       do :: has(approved[i], n) -> break :: (approved[i] >> (n + 1)) != 0 -> n++ od;
       printf("taker %d confirms epoch %d\n", i, n);
       d_step {
         PROMISE(S4, t[i].shown == 0 || (t[i].shown == SHOWN_END && may_doubt_again));
         if :: t[i].p == CONFIRMED -> t[i].floor = t[i].e :: else fi;
         t_write(CONFIRMED_WRITE, CONFIRMED, n, t[i].floor);
         yes = yes || (is_held_for(i) && me == n);
#ifdef NO_EPOCH
         anyYes = true;
#endif
         n = 0;
         s2() } }
  :: d_step { is_held_for(i) && !yes && has_confirmed(i, me) -> yes = true; printf("taker %d confirms epoch %d again\n", i, me) }
  :: d_step { is_held_for(i) && !no && !has_confirmed(i, me) && !would_confirm(i, me) -> no = true; printf("taker %d refuses epoch %d\n", i, me) }
  :: d_step { t[i].p == CONFIRMED && learns && is_told_over(i) -> printf("taker %d learns that epoch %d is over\n", i, t[i].e);
       t_write(GIVEN_BACK_WRITE, ACCEPTING, 0, t[i].e); s2() }
  :: d_step { t[i].p == CONFIRMED && learns && told == AWARDED && toldTaker == i && toldEpoch == t[i].e ->
       printf("taker %d wins epoch %d\n", i, t[i].e);
       PROMISE(S2, mp == AWARDED && mt == i && me == t[i].e);
       PROMISE(S1, t[1 - i].shown != WON);
       PROMISE(S4, t[i].shown == 0);
       t_write(WON_WRITE, WON, t[i].e, t[i].floor); t[i].shown = WON }
  :: d_step { t[i].p == CONFIRMED && learns && may_lose(i) -> printf("taker %d loses what it has confirmed\n", i);
       t_write(LOST_WRITE, LOST, t[i].e, t[i].floor); t[i].shown = LOST; s2() }
  :: d_step { t[i].p == ACCEPTING && (is_told_other(i) || gone) ->
       printf("taker %d loses\n", i);
       t_write(LOSS_WRITE, LOST, 0, t[i].floor); t[i].shown = SHOWN_END; s2() }
#ifndef NO_LEAVE
  :: d_step { t[i].p == ACCEPTING -> printf("taker %d withdraws\n", i); t_write(WITHDRAWN_WRITE, LEFT, 0, t[i].floor); t[i].shown = LEFT; s2() }
#endif
#if ANEW > 0
  :: d_step { t[i].p == ACCEPTING -> printf("taker %d gives up\n", i); t_write(GAVE_UP_WRITE, LEFT, 0, t[i].floor); s2() }
  :: d_step { t[i].p == LEFT && anew > 0 -> anew--; t[i].shown = 0; printf("taker %d accepts anew\n", i);
       t_write(ACCEPTING_WRITE, ACCEPTING, 0, t[i].floor); accepted[i] = true }
#endif
#ifdef BY_HAND
  :: d_step { t[i].p == CONFIRMED -> printf("taker %d closes its doubt\n", i); t_write(CLOSED_WRITE, CLOSED, t[i].e, t[i].floor); t[i].shown = CLOSED }
#endif
  :: atomic { takerCrashes > 0 && len(queue) > 0 ->
       do :: len(queue) > 0 -> queue?t[i].dp,t[i].de,t[i].dfloor :: break od;
       takerCrashes--;
       d_step {
         printf("taker %d crashes and loses %d records\n", i, len(queue));
         do :: len(queue) > 0 -> queue?_,_,_ :: else -> break od;
         t[i].p = t[i].dp; t[i].e = t[i].de; t[i].floor = t[i].dfloor;
         PROMISE(S4, t[i].shown == 0 || (t[i].shown == SHOWN_END && (may_doubt_again || t[i].p != CONFIRMED)) || t[i].shown == LEFT || t[i].p == t[i].shown);
         s2() } }
  od
}

/* A taker that is a client of the original: any answer without an error is a yes, and it has no journal. */
proctype Original() {
end:
  do
  :: d_step { opened && !accepted[1] -> accepted[1] = true; printf("the original accepts\n") }
  :: d_step { underWay -> underWay = false; took = true; yes = is_held_for(1); printf("the original takes it\n"); s2_original() }
  :: d_step { underWay && (!took || forgot) -> underWay = false; no = true; printf("the original answers with an error\n") }
  :: d_step { took && !forgot -> forgot = true; printf("the original forgets what it took\n") }
  od
}

/* ---- L1: where nothing can happen any more, everything has come to its end ------------------------------------------------ */
active proctype End() {
  atomic {
    timeout ->
    printf("nothing can happen any more: maker %d, takers %d and %d\n", mp, t[0].p, t[1].p);
    PROMISE(L1, opened && (mp == AWARDED || mp == ENDED || gone));
    PROMISE(L1, t[0].p != ACCEPTING && t[0].p != CONFIRMED && t[1].p != ACCEPTING && t[1].p != CONFIRMED);
#ifdef NO_END
    PROMISE(L1, mp == AWARDED || gone);
#endif
    hasEnded = true
  }
}

init {
  atomic {
    run MakerFor(0); run MakerFor(1); run Taker(0, tail0);
#ifdef ORIGINAL
    run Original()
#elif !defined(ONE_TAKER)
    run Taker(1, tail1)
#endif
  }
}

#ifdef LIVENESS
ltl ends { <> hasEnded }
#endif
