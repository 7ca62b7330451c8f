/**
 * What an answer to one request of ours means, and whether it is by the desk that was asked: whoever sits at an address that
 * once was its may say anything. What nobody vouches for is `unknown`, never a yes and never a no.
 */
import type { Identity } from '../ports/identity.ts';
import type { RequestResult } from '../ports/network.ts';
import type { Answer, Auth, Message, Peer, SendResult } from '../protocol/messages.ts';
import { decodeError, decodeResult } from '../wire/answer-codec.ts';
import { sealOfResult } from '../wire/auth-codec.ts';

export class AnswerReader {
  readonly #identity: Identity;
  readonly #from: Peer;
  readonly #request: Message;
  readonly #sent: Auth;
  /** The last one that was looked at: the network asks about it first, and then it is read. */
  #latest: { readonly result: RequestResult; readonly meaning: SendResult } | null = null;

  constructor(identity: Identity, from: Peer, request: Message, sent: Auth) {
    this.#identity = identity;
    this.#from = from;
    this.#request = request;
    this.#sent = sent;
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
    // A client of the original signs nothing.
    if (this.#from.dialect === 'original') return meaning;
    const seal = sealOfResult(result.result);
    if (seal === null || !isAnswer(meaning)) return unknown(meaning);
    if (!this.#identity.vouches(this.#request, this.#sent, this.#from.id, meaning, seal)) return unknown(meaning);
    return 'sig' in seal ? withProof(meaning, { ...this.#sent, sig: seal.sig }) : meaning;
  }

  #decode(result: Extract<RequestResult, { kind: 'answer' | 'error' }>): SendResult {
    if (result.kind === 'answer') return decodeResult(this.#request.cmd, result.result);
    return { kind: 'refused', ...decodeError(result.error) };
  }
}

/** That a desk is not there is said by whoever is there instead. */
function isWrongDesk(meaning: SendResult): boolean {
  return meaning.kind === 'refused' && meaning.code === 'ERR_WRONG_DESK';
}

function isAnswer(meaning: SendResult): meaning is Answer & SendResult {
  return !['accepted', 'declined', 'unsent', 'unknown'].includes(meaning.kind);
}

/** An error that nobody vouches for may still say why there was no answer: too much to do, another desk. */
function unknown(meaning: SendResult): SendResult {
  return { kind: 'unknown', code: 'code' in meaning ? meaning.code : 'ERR_SIGNATURE' };
}

/** Answers that prove something carry their proof: what was signed, with the nonce of the question. */
function withProof(meaning: SendResult, auth: Auth): SendResult {
  return meaning.kind === 'confirmed' || meaning.kind === 'status' ? { ...meaning, auth } : meaning;
}
