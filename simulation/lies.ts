/** Forged messages that a liar makes from received ones. The named sender has not sent them. */
import { LIMITS } from '../src/composition/limits.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { PROTOCOL_VERSION, speakerOf } from '../src/wire/statement.ts';
import { parsePayload } from '../src/wire/message-codec.ts';
import { keyedScheme } from '../testing/keyed-scheme.ts';
import type { Dice } from './dice.ts';
import { isOurs, type WirePayload } from './wire-payload.ts';

/** A message between two other peers. */
export interface Overheard {
  readonly to: PeerId;
  readonly payload: WirePayload;
}

export const LIES = ['changed', 'truncated', 'unsigned', 'made up', 'other recipient', 'other offer'] as const;
export type Lie = (typeof LIES)[number];

/** Null if this lie is not possible. Never returns the original message. */
export function lieAbout(lie: Lie, overheard: Overheard, liar: PeerId, dice: Dice): WirePayload | null {
  const { payload } = overheard;
  switch (lie) {
    case 'changed':
      return changed(payload, dice);
    case 'truncated':
      return truncated(payload, dice);
    case 'unsigned':
      return payload.auth === undefined ? null : { cmd: payload.cmd, body: payload.body };
    case 'made up':
      return { ...madeUp(payload, liar, dice), auth: proofOf(liar, payload, dice) };
    case 'other recipient':
      return redirected(overheard, liar);
    case 'other offer':
      return { ...payload, body: { ...payload.body, offerId: dice.hex(16) } };
  }
}

const CHANGES: Readonly<Record<string, (value: unknown, dice: Dice) => unknown>> = {
  epoch: (value) => Number(value ?? 0) + 1,
  until: (value) => Number(value ?? 0) + 60_000,
  expiresAt: (value) => Number(value ?? 0) + 1,
  amount: (value) => (value === '7' ? '8' : '7'),
  winner: (_value, dice) => dice.hex(32),
  unitPrice: (_value, dice) => dice.whole(1, 9_999),
  result: (value) => (value === 'done' ? 'failed' : 'done'),
  outcome: (value) => (value === 'expired' ? 'cancelled' : 'expired'),
};

/** Keeps the signature, which is no longer valid. */
function changed({ cmd, body, auth }: WirePayload, dice: Dice): WirePayload | null {
  const names = Object.keys(CHANGES).filter((name) => name in body || (name === 'unitPrice' && cmd === 'offer:accept'));
  const name = dice.pick(names);
  const change = name === undefined ? undefined : CHANGES[name];
  if (name === undefined || change === undefined) return null;
  const value = change((body as Record<string, unknown>)[name], dice);
  return { cmd, body: { ...body, [name]: value }, ...(auth !== undefined && { auth }) };
}

function truncated({ cmd, body, auth }: WirePayload, dice: Dice): WirePayload {
  const lost = dice.pick(Object.keys(body));
  const rest = Object.fromEntries(Object.entries(body).filter(([name]) => name !== lost));
  return { cmd, body: rest, ...(auth !== undefined && { auth }) };
}

/** A new message in the liar's favour, in the name of the sender. */
function madeUp({ cmd, body }: WirePayload, liar: PeerId, dice: Dice): WirePayload {
  const { offerId = '', source = '' } = body;
  if (cmd === 'offer:new' || cmd === 'offer:done') {
    const award = { outcome: 'awarded', winner: liar, epoch: dice.whole(1, 3) };
    const done = dice.chance(0.5) ? award : { outcome: dice.pick(['cancelled', 'expired']) };
    return { cmd: 'offer:done', body: { offerId, source, ...done } };
  }
  const names = { offerId, source, destination: body.destination ?? '' };
  if (cmd === 'offer:accept' || cmd === 'offer:status') {
    if (dice.chance(0.2)) return { cmd: 'offer:accept:withdrawn', body: names };
    return { cmd: 'offer:accept', body: { ...names, unitPrice: dice.whole(1, 1_000_000) } };
  }
  const epoch = (body.epoch ?? 0) + dice.whole(0, 2);
  const until = (body.until ?? 0) + LIMITS.reservationMs;
  return dice.chance(0.5)
    ? { cmd: 'offer:accept:approved', body: { ...names, epoch, until } }
    : { cmd: 'offer:accept:released', body: { ...names, epoch: Math.max(1, epoch) } };
}

/** A proof of the right form: the liar's own signature, or random bytes; or a MAC instead of a signature, and the reverse. */
function proofOf(liar: PeerId, { cmd, body }: WirePayload, dice: Dice): Readonly<Record<string, unknown>> {
  const isDrawn = dice.chance(0.5);
  const isFact = cmd === 'offer:new' || cmd === 'offer:done';
  if (dice.chance(0.9) === isFact) {
    const bytes = Buffer.from(dice.hex(64), 'hex');
    return {
      v: PROTOCOL_VERSION,
      sig: isDrawn ? bytes.toString('base64url') : keyedScheme(liar).sign(JSON.stringify(body)),
    };
  }
  const bytes = Buffer.from(dice.hex(32), 'hex').toString('base64url');
  const mac = isDrawn ? bytes : (keyedScheme(liar).mac(liar, JSON.stringify(body)) ?? bytes);
  return { v: PROTOCOL_VERSION, mac, nonce: dice.hex(16) };
}

/** Sends a message to another peer, changed so that this peer seems to be its receiver. */
function redirected({ payload }: Overheard, other: PeerId): WirePayload | null {
  const { cmd, body } = payload;
  if (cmd === 'offer:new' || cmd === 'offer:done') return null;
  const isTakers =
    cmd === 'offer:accept' || cmd === 'offer:status' || cmd === 'offer:accept:withdrawn' || cmd === 'offer:list';
  return { ...payload, body: { ...body, ...(isTakers ? { source: other } : { destination: other }) } };
}

/** The sender that a payload names; null: it names none. */
export function claimedSpeaker(payload: WirePayload): PeerId | null {
  try {
    return speakerOf(parsePayload(payload).message);
  } catch {
    return null;
  }
}

/** Whether to remember it for a repetition: one of our desks has sent it. */
export function isWorthKeeping(from: PeerId, { auth }: WirePayload): boolean {
  return isOurs(from) && auth !== undefined;
}
