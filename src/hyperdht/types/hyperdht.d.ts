/**
 * Types for the parts of hyperdht that we use, since the package has none. This file is not published, so no exported
 * type may refer to it.
 */
declare module 'hyperdht' {
  import type { EventEmitter } from 'node:events';

  namespace HyperDHT {
    interface Address {
      host: string;
      port: number;
    }

    interface KeyPair {
      /** 32 bytes. */
      publicKey: Buffer;
      /** 64 bytes: the seed and the public key. */
      secretKey: Buffer;
    }

    interface Options {
      /** `undefined` would use public nodes. */
      bootstrap: readonly Address[];
      host: string;
      /** A pair: the first and the last port to try; `[0, 0]` uses any free one. */
      port: number | readonly [number, number];
      /** False: fails if the port is in use. */
      anyPort?: boolean;
      keyPair?: KeyPair;
      ephemeral?: boolean;
      firewalled?: boolean;
      /** How long announcements of others are stored, in milliseconds. */
      maxAge?: number;
    }

    /** Encrypted and authenticated in both directions. It preserves messages: each `write` arrives as one `data`. */
    interface Stream extends EventEmitter {
      readonly remotePublicKey: Buffer;
      readonly rawStream: (EventEmitter & { readonly remoteHost: string; readonly remotePort: number }) | null;
      readonly destroying: boolean;
      /** @returns false if the writer should wait for `drain` */
      write(data: Buffer): boolean;
      pause(): void;
      resume(): void;
      end(): void;
      destroy(error?: Error): void;
    }

    interface Server extends EventEmitter {
      listen(keyPair: KeyPair): Promise<unknown>;
      close(): Promise<void>;
    }

    interface Query extends AsyncIterable<{ readonly peers: readonly { readonly publicKey: Buffer }[] }> {
      finished(): Promise<void>;
    }
  }

  class HyperDHT {
    constructor(options: HyperDHT.Options);
    fullyBootstrapped(): Promise<void>;
    address(): HyperDHT.Address | null;
    createServer(onConnection: (stream: HyperDHT.Stream) => void): HyperDHT.Server;
    connect(publicKey: Buffer): HyperDHT.Stream;
    lookup(topic: Buffer): HyperDHT.Query;
    announce(topic: Buffer, keyPair: HyperDHT.KeyPair): HyperDHT.Query;
    unannounce(topic: Buffer, keyPair: HyperDHT.KeyPair): Promise<void>;
    destroy(options?: { force?: boolean }): Promise<void>;
  }

  export = HyperDHT;
}
