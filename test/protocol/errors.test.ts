import { describe, expect, it } from 'vitest';
import { ERROR_CODES, GrapevineError, isErrorCode, type ErrorCode } from '../../src/protocol/errors.ts';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe('the error codes', () => {
  it('are all written the same way, and belong to one of two families', () => {
    for (const code of codes) {
      expect(code).toMatch(/^ERR(_[A-Z]+)+$/);
      expect(['usage', 'peer']).toContain(ERROR_CODES[code]);
    }
  });

  it('are recognised, and no other text is', () => {
    for (const code of codes) expect(isErrorCode(code)).toBe(true);
    for (const text of ['', 'ERR_', 'err_timeout', 'ERR_TIMEOUT ', 'toString', '__proto__', 'constructor']) {
      expect(isErrorCode(text)).toBe(false);
    }
  });
});

describe('an error of ours', () => {
  it('is printed as its code and a text', () => {
    const error = new GrapevineError('ERR_TIMEOUT', 'no answer within 3 s');
    expect(error.toString()).toBe('ERR_TIMEOUT: no answer within 3 s');
    expect(error.message).toBe('no answer within 3 s');
    expect(error.name).toBe('GrapevineError');
    expect(error).toBeInstanceOf(Error);
  });

  it('has its cause and its family', () => {
    const cause = new Error('EADDRINUSE');
    const error = new GrapevineError('ERR_PORT_IN_USE', 'port 1337 is taken', { cause });
    expect(error.cause).toBe(cause);
    expect(error.family).toBe('usage');
    expect(new GrapevineError('ERR_CONTRADICTION', 'two winners').family).toBe('peer');
  });
});
