/**
 * Trust `open`: everybody is taken at his word, and whatever comes of it is marked as unverified. For networks in which
 * all peers trust each other, and for clients of the original demo, which can't sign.
 */
import { generateKeyPairSync } from 'node:crypto';
import { deskIdOf } from './key-file.ts';
import type { Identity, Sender } from '../ports/identity.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Dialect, Message, Peer } from '../protocol/messages.ts';

/** A desk id is an ed25519 public key in hex. Clients of the original draw 16 hex digits. */
const DESK_ID = /^[0-9a-f]{64}$/;

/** @param id by default a fresh public key, for a desk that lives only once */
export function openIdentity(id: PeerId = freshDeskId()): Identity {
  return { id, verifies: false, seal: () => undefined, establish };
}

export function freshDeskId(): PeerId {
  return deskIdOf(generateKeyPairSync('ed25519').privateKey);
}

function establish(message: Message): Sender {
  return { peer: senderOf(message), verified: false };
}

/** The maker speaks in its own commands, the taker in its. */
function senderOf(message: Message): Peer | null {
  switch (message.cmd) {
    case 'offer:new': {
      const { maker, expiresAt } = message.terms;
      // Ours always say how long they are valid; whoever does not, speaks the original's dialect whatever its id.
      return { id: maker, dialect: expiresAt === null ? 'original' : dialectOf(maker) };
    }
    case 'offer:accept:approved':
    case 'offer:accept:released':
      return { id: message.maker, dialect: dialectOf(message.maker) };
    case 'offer:done':
      return message.maker === null ? null : { id: message.maker, dialect: dialectOf(message.maker) };
    case 'offer:accept':
    case 'offer:status':
    case 'offer:list':
      return { id: message.taker, dialect: dialectOf(message.taker) };
  }
}

function dialectOf(id: PeerId): Dialect {
  return DESK_ID.test(id) ? 'grapevine' : 'original';
}
