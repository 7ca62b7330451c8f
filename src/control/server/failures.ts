/** Converts all failures of requests to one form: a status, our code, and a text that says what is wrong. */
import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { GrapevineError, type ErrorCode } from '../../protocol/errors.ts';
import { CONTROL_LIMITS } from '../limits.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Failure } from '../contract.ts';
import { statusOf } from '../contract/failure.ts';

export interface HttpFailure {
  readonly status: number;
  readonly failure: Failure;
}

/** Our codes for those of fastify. Its other 4xx errors are ERR_USAGE. */
const FASTIFY: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'ERR_CONTROL_MEDIA_TYPE',
  FST_ERR_CTP_BODY_TOO_LARGE: 'ERR_BODY_TOO_LARGE',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'ERR_BODY_NOT_JSON',
  FST_ERR_CTP_INVALID_JSON_BODY: 'ERR_BODY_NOT_JSON',
};

/** Texts that say what to do, where fastify's do not. */
const TEXTS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'a body is JSON: send it with the header "content-type: application/json"',
  FST_ERR_CTP_INVALID_JSON_BODY:
    'the body is not JSON, or has a key "__proto__" or "constructor", which is not accepted',
  FST_ERR_CTP_BODY_TOO_LARGE: `a body has ${CONTROL_LIMITS.controlBodyMaxBytes} bytes at most`,
};

export function httpFailure(code: ErrorCode, text: string, status = statusOf(code)): HttpFailure {
  return { status, failure: { code, text } };
}

/** Null for a defect: its text belongs in the log, not in the answer. */
export function failureOf(error: FastifyError): HttpFailure | null {
  if (error instanceof GrapevineError) return httpFailure(error.code, error.message);
  if (hasZodFastifySchemaValidationErrors(error)) return httpFailure('ERR_USAGE', textOfIssues(error));
  if (isResponseSerializationError(error)) return null;
  if (error instanceof SyntaxError) return httpFailure('ERR_BODY_NOT_JSON', cut(error.message));
  const { code, statusCode } = error;
  const known = FASTIFY[code];
  if (known !== undefined) return httpFailure(known, TEXTS[code] ?? cut(error.message));
  return statusCode !== undefined && statusCode < 500 ? httpFailure('ERR_USAGE', cut(error.message), statusCode) : null;
}

export const INTERNAL: HttpFailure = httpFailure('ERR_INTERNAL', 'a defect of this desk; its log says more');

interface InvalidParts {
  readonly validationContext?: string | undefined;
  readonly validation: readonly { readonly instancePath: string; readonly message?: string | undefined }[];
}

const PARTS: Readonly<Record<string, string>> = { querystring: 'query', params: 'path', body: 'body' };

/** Like `body.amount: Invalid input: expected string, received number`; only the first few. */
function textOfIssues({ validationContext = '', validation }: InvalidParts): string {
  const part = PARTS[validationContext] ?? 'request';
  const problems = validation.slice(0, 4).map(({ instancePath, message }) => {
    const field = instancePath.split('/').filter((name) => name !== '');
    return `${[part, ...field].join('.')}: ${message ?? 'is wrong'}`;
  });
  const more = validation.length - problems.length;
  return cut(problems.join('; ')) + (more > 0 ? `; and ${more} more` : '');
}

function cut(text: string): string {
  const max = LIMITS.errorTextMaxLength;
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}
