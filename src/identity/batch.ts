/**
 * One signature for many statements: a Merkle tree whose root is signed. Each statement is sent with that signature and its path to
 * the root. As in draft-davidben-tls-batch-signing-02, leaves and nodes have different hash prefixes, and each leaf has a random salt:
 * from a hash without salt, a receiver could guess a bid in the same batch. Source: docs/PROTOCOL.md, "Batches".
 */
import { hash } from 'node:crypto';
import { LIMITS } from '../protocol/limits.ts';
import { HASH_BYTES, PATH_HEAD_BYTES } from '../wire/auth-codec.ts';
import { PROTOCOL_VERSION } from '../wire/statement.ts';

const LEAF = 0;
const NODE = 1;
export const SALT_BYTES = 16;
/** Fills the tree up to a power of two: nobody knows a text with this hash. */
const EMPTY = Buffer.alloc(HASH_BYTES);
/** Reused for each hash of a node: signing and verifying a message computes several. */
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, NODE);

export interface Leaf {
  readonly text: string;
  /** {@link SALT_BYTES} random bytes. */
  readonly salt: Buffer;
}

export interface Batch {
  /** The text to sign. */
  readonly statement: string;
  /** The path of each leaf, in the same order, as sent. */
  readonly paths: readonly string[];
}

/** @param leaves from 2 to 2 to the power of `LIMITS.batchDepthMax` */
export function batchOf(leaves: readonly Leaf[]): Batch {
  const levels = [leaves.map(leafHash)];
  for (let level = levels[0] ?? []; level.length > 1; levels.push(level)) level = parentsOf(level);
  const root = levels.at(-1)?.[0] ?? EMPTY;
  const paths = leaves.map(({ salt }, index) => {
    const siblings = levels.slice(0, -1).map((level, height) => level[(index >> height) ^ 1] ?? EMPTY);
    return Buffer.concat([positionOf(index), salt, ...siblings]).toString('base64url');
  });
  return { statement: rootStatement(root), paths };
}

/** The text that the signature must cover if this statement belongs to its batch; null for an invalid path. */
export function batchStatement(text: string, path: string): string | null {
  const bytes = Buffer.from(path, 'base64url');
  const depth = (bytes.length - PATH_HEAD_BYTES) / HASH_BYTES;
  if (!Number.isInteger(depth) || depth < 1 || depth > LIMITS.batchDepthMax) return null;
  const index = bytes.readUInt16BE(0);
  // Each path has exactly one valid encoding.
  if (index >= 2 ** depth || bytes.toString('base64url') !== path) return null;
  let root = leafHash({ text, salt: bytes.subarray(2, PATH_HEAD_BYTES) });
  for (let height = 0; height < depth; height += 1) {
    const at = PATH_HEAD_BYTES + height * HASH_BYTES;
    const sibling = bytes.subarray(at, at + HASH_BYTES);
    root = ((index >> height) & 1) === 0 ? nodeHash(root, sibling) : nodeHash(sibling, root);
  }
  return rootStatement(root);
}

function parentsOf(level: readonly Buffer[]): Buffer[] {
  const parents: Buffer[] = [];
  for (let at = 0; at < level.length; at += 2) parents.push(nodeHash(level[at] ?? EMPTY, level[at + 1] ?? EMPTY));
  return parents;
}

function leafHash({ text, salt }: Leaf): Buffer {
  const bytes = Buffer.allocUnsafe(1 + salt.length + Buffer.byteLength(text));
  bytes[0] = LEAF;
  bytes.set(salt, 1);
  bytes.write(text, 1 + salt.length);
  return hash('sha256', bytes, 'buffer');
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return hash('sha256', nodeInput, 'buffer');
}

/** Its first line differs from that of every statement that is signed alone, so neither can replace the other. */
function rootStatement(root: Buffer): string {
  return `grapevine/${PROTOCOL_VERSION}=batch\nroot=${root.toString('base64url')}\n`;
}

function positionOf(index: number): Buffer {
  const bytes = Buffer.alloc(PATH_HEAD_BYTES - SALT_BYTES);
  bytes.writeUInt16BE(index);
  return bytes;
}
