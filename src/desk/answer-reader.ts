/**
 * Decodes the answer to one of our requests, and verifies that the desk that we asked sent it: another program may now
 * use its address. An answer without a valid proof is `unknown`, never a yes or a no.
 */
import type { Identity } from '../ports/identity.ts';
import type { RequestResult } from '../ports/network.ts';
import type { Answer, Message, MessageAuth, OfferTerms, Peer, SendResult, Signature } from '../protocol/messages.ts';
import { decodeError, decodeResult } from '../wire/answer-codec.ts';
import { authOfResult } from '../wire/auth-codec.ts';

/** One of our requests. */
export interface Asked {
  readonly from: Peer;
  readonly request: Message;
  readonly sent: MessageAuth | undefined;
  /** Terms of the offer; needed to verify a confirmation. */
  readonly terms?: OfferTerms | undefined;
}

export class AnswerReader {
  readonly #identity: Identity;
  readonly #asked: Asked;
  /** The latest result and its meaning: the network asks about a result first, and then we read it. */
  #latest: { readonly result: RequestResult; readonly meaning: SendResult } | null = null;

  constructor(identity: Identity, asked: Asked) {
    this.#identity = identity;
    this.#asked = asked;
  }

  isGenuine(result: RequestResult): boolean {
    const meaning = this.read(result);
    return meaning.kind !== 'unknown' && meaning.kind !== 'unsent' && !isWrongDesk(meaning);
  }

  read(result: RequestResult): SendResult {
    if (this.#latest?.result !== result) this.#latest = { result, meaning: this.#meaningOf(result) };
    return this.#latest.meaning;
  }

  #meaningOf(result: RequestResult): SendResult {
    if (result.kind === 'unsent' || result.kind === 'unknown') return { kind: result.kind, code: result.code };
    const meaning = this.#decode(result);
    const { from, request, sent, terms } = this.#asked;
    // A client of the original signs nothing.
    if (from.dialect === 'original') return meaning;
    const auth = authOfResult(result.result);
    if (auth === null || !isAnswer(meaning)) return unknown(meaning);
    if (!this.#identity.verifyAnswer(request, sent, from.id, meaning, auth, terms)) return unknown(meaning);
    return 'sig' in auth ? withProof(meaning, auth) : meaning;
  }

  #decode(result: Extract<RequestResult, { kind: 'answer' | 'error' }>): SendResult {
    if (result.kind === 'answer') return decodeResult(this.#asked.request.cmd, result.result);
    return { kind: 'refused', ...decodeError(result.error) };
  }
}

/** Whether the desk at this address answers that it is not the desk that we asked. */
function isWrongDesk(meaning: SendResult): boolean {
  return meaning.kind === 'refused' && meaning.code === 'ERR_WRONG_DESK';
}

function isAnswer(meaning: SendResult): meaning is Answer & SendResult {
  return !['accepted', 'declined', 'unsent', 'unknown'].includes(meaning.kind);
}

/** An error without a proof can still say why there is no answer: overload, or another desk at this address. */
function unknown(meaning: SendResult): SendResult {
  return { kind: 'unknown', code: 'code' in meaning ? meaning.code : 'ERR_SIGNATURE' };
}

/** Answers that prove something include their proof. */
function withProof(meaning: SendResult, auth: Signature): SendResult {
  return meaning.kind === 'confirmed' || meaning.kind === 'status' ? { ...meaning, auth } : meaning;
}
