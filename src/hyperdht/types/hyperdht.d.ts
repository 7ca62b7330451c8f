/**
 * The parts of hyperdht that we touch. The package has no types of its own; nothing that we export may mention these, since
 * they are not published.
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
      /** `undefined` would mean public nodes. */
      bootstrap: readonly Address[];
      host: string;
      /** A list: the first and the last port to try; `[0, 0]` takes any free one. */
      port: number | readonly [number, number];
      /** False: fails when the port is taken. */
      anyPort?: boolean;
      keyPair?: KeyPair;
      ephemeral?: boolean;
      firewalled?: boolean;
      /** How long announcements of others are remembered. */
      maxAge?: number;
    }

    /** Encrypted and authenticated, both ways; what is written at once arrives at once. */
    interface Stream extends EventEmitter {
      readonly remotePublicKey: Buffer;
      readonly rawStream: (EventEmitter & { readonly remoteHost: string; readonly remotePort: number }) | null;
      readonly destroyed: boolean;
      readonly destroying: boolean;
      /** False: wait for `drain`. */
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
    readonly bootstrapNodes: readonly HyperDHT.Address[];
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
