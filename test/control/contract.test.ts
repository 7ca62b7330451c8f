import { describe, expect, expectTypeOf, it } from 'vitest';
import { ROUTES, type ControlEvent, type ControlEventOf } from '../../src/control/contract.ts';
import { formatCursor, parseCursor } from '../../src/control/contract/events.ts';
import { statusOf } from '../../src/control/contract/failure.ts';
import type { DeskNotice } from '../../src/desk/desk-events.ts';
import { ERROR_CODES, type ErrorCode } from '../../src/protocol/errors.ts';

describe('a cursor', () => {
  it('is parsed as it was written', () => {
    const cursor = { life: '0123456789abcdef', number: 42 };
    expect(formatCursor(cursor)).toBe('0123456789abcdef-42');
    expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
  });

  it.each(['', '42', '0123456789abcdef', '0123456789abcdef-', '0123456789abcdef--1', '0123456789abcdef-01'])(
    'is not %j',
    (text) => {
      expect(parseCursor(text)).toBeNull();
    },
  );
});

describe('the error codes', () => {
  it("each have an HTTP status: 4xx for the client's fault, 5xx for the desk's", () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      expect(statusOf(code)).toBeGreaterThanOrEqual(400);
      expect(statusOf(code)).toBeLessThan(600);
    }
    expect(statusOf('ERR_USAGE')).toBe(400);
    expect(statusOf('ERR_OFFER_UNKNOWN')).toBe(404);
    expect(statusOf('ERR_OFFER_IN_DOUBT')).toBe(409);
    expect(statusOf('ERR_OVERLOADED')).toBe(503);
    expect(statusOf('ERR_JOURNAL')).toBe(500);
  });
});

describe('the routes', () => {
  it('have each their own method and path', () => {
    const routes = Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`);
    expect(new Set(routes).size).toBe(routes.length);
  });
});

describe('the events of the contract', () => {
  it('are the same as those of a desk', () => {
    expectTypeOf<DeskNotice & { at: number; cursor: string }>().toExtend<ControlEvent>();
    expectTypeOf<ControlEventOf<'deal.won'>['verified']>().toEqualTypeOf<boolean>();
  });
});
