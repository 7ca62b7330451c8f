/** Defects of authentication. */
import type { Author, Identity } from '../src/ports/identity.ts';
import type { Network, RequestResult } from '../src/ports/network.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type { Answer, Message } from '../src/protocol/messages.ts';
import { decodeError, decodeResult, encodeAnswer } from '../src/wire/answer-codec.ts';
import { readAuth } from '../src/wire/auth-codec.ts';
import { parsePayload } from '../src/wire/message-codec.ts';
import { recipientOf, speakerOf } from '../src/wire/statement.ts';
import { keyedIdentity, signed } from '../testing/keyed-scheme.ts';
import type { Listener } from './router.ts';
import type { Mutant } from './mutant.ts';
import type { SimDesk, Tampering } from './sim-desk.ts';
import type { WirePayload } from './wire-payload.ts';

function wrongIdentity(wrong: (identity: Identity) => Partial<Identity>): Tampering {
  return {
    identity: (identity) => ({
      id: identity.id,
      sign: (message) => identity.sign(message),
      authenticate: (message, auth) => identity.authenticate(message, auth),
      signFact: (message) => identity.signFact(message),
      signConfirmation: (confirmation) => identity.signConfirmation(confirmation),
      signAnswer: (...args) => identity.signAnswer(...args),
      verifyAnswer: (...args) => identity.verifyAnswer(...args),
      ...wrong(identity),
    }),
  };
}

/** Accepts the named sender without a check. */
function atItsWord(message: Message, auth: unknown): Author | null {
  const id = speakerOf(message);
  const read = readAuth(auth);
  if (id === null) return null;
  return { peer: { id, dialect: 'grapevine', verified: true }, ...(read !== null && { auth: read }) };
}

/** Accepts messages for other receivers. */
function acceptsWhatIsForOthers(desk: SimDesk): (listen: Listener) => Listener {
  return (listen) => (arrival) => {
    const { message, auth } = safely(arrival.payload);
    const other = message === null ? null : recipientOf(message);
    if (message === null || other === null || other === desk.id) return listen(arrival);
    // The MAC is valid for another pair of desks, and is accepted here.
    if ('kind' in keyedIdentity(other).authenticate(message, auth)) return listen(arrival);
    const isTakers = message.cmd === 'offer:accept' || message.cmd === 'offer:status' || message.cmd === 'offer:list';
    const { cmd, body } = arrival.payload;
    const readdressed = { cmd, body: { ...body, [isTakers ? 'source' : 'destination']: desk.id } };
    return listen({ ...arrival, payload: signed(readdressed) });
  };
}

function safely(payload: WirePayload): { readonly message: Message | null; readonly auth: unknown } {
  try {
    return parsePayload(payload);
  } catch {
    return { message: null, auth: null };
  }
}

/** Accepts an answer of any peer as the receiver's answer. */
function believesAnyAnswer(network: Network, desk: SimDesk): Network {
  return {
    start: (handler) => network.start(handler),
    broadcast: (payload) => network.broadcast(payload),
    stop: () => network.stop(),
    request: async (to, payload, options) => {
      const result = await network.request(to, payload, { ...options, isGenuine: () => true });
      return asIfSigned(result, to as PeerId, desk, payload);
    },
  };
}

function asIfSigned(result: RequestResult, by: PeerId, desk: SimDesk, payload: unknown): RequestResult {
  if (result.kind !== 'answer' && result.kind !== 'error') return result;
  const { message, auth } = parsePayload(payload);
  const meaning =
    result.kind === 'error'
      ? ({ kind: 'refused', ...decodeError(result.error) } as const)
      : decodeResult(message.cmd, result.result);
  const sent = readAuth(auth);
  if (sent === null || ['accepted', 'declined', 'unsent', 'unknown'].includes(meaning.kind)) return result;
  const asker: Author = { peer: { id: desk.id, dialect: 'grapevine' }, auth: sent };
  const answer = meaning as Answer;
  const reply = encodeAnswer(answer, keyedIdentity(by).signAnswer(message, asker, answer));
  return reply.error === null
    ? { kind: 'answer', result: reply.result }
    : { kind: 'error', ...reply, error: reply.error };
}

export const TRUST_MUTANTS: readonly Mutant[] = [
  {
    name: 'skip-verification',
    defect: 'signatures are read and never looked at',
    tampering: wrongIdentity((identity) => ({
      authenticate: (message, auth) =>
        readAuth(auth) === null
          ? identity.authenticate(message, auth)
          : (atItsWord(message, auth) ?? identity.authenticate(message, auth)),
    })),
  },
  {
    name: 'accept-unsigned',
    defect: 'what is not signed is taken for what its speaker says',
    tampering: wrongIdentity((identity) => ({
      authenticate: (message, auth) =>
        auth === undefined
          ? (atItsWord(message, auth) ?? identity.authenticate(message, auth))
          : identity.authenticate(message, auth),
    })),
  },
  {
    name: 'trust-macs',
    defect: 'a MAC made for another pair of desks, or for another message, is taken',
    tampering: wrongIdentity((identity) => ({
      authenticate: (message, auth) => {
        const read = readAuth(auth);
        const isMac = read !== null && 'mac' in read && recipientOf(message) !== null;
        return isMac
          ? (atItsWord(message, auth) ?? identity.authenticate(message, auth))
          : identity.authenticate(message, auth);
      },
    })),
  },
  {
    name: 'mac-for-signature',
    defect: 'a confirmation, or the end of an offer, is taken with a MAC, which proves nothing to others',
    tampering: wrongIdentity((identity) => ({
      verifyAnswer: (request, sent, by, answer, seal, terms) => {
        const isFact = answer.kind === 'confirmed' || (answer.kind === 'status' && answer.standing === 'won');
        return (isFact && 'mac' in seal) || identity.verifyAnswer(request, sent, by, answer, seal, terms);
      },
    })),
  },
  {
    name: 'verify-without-recipient',
    defect: 'what was signed for another desk is taken for its own',
    tampering: { edge: acceptsWhatIsForOthers },
  },
  {
    name: 'believe-unsigned-answers',
    defect: 'whoever answers at an address that once was a desk’s is taken for that desk',
    tampering: { network: believesAnyAnswer },
  },
  {
    name: 'forget-guilt',
    defect: 'a desk forgets at a restart who has signed two things that contradict each other',
    tampering: {
      evidence: (evidence) => ({
        keepEvidence: (equivocation) => evidence.keepEvidence(equivocation),
        readEvidence: () => Promise.resolve([]),
      }),
    },
  },
];
