/**
 * Calls `next` with a value: at once, or when its promise resolves. Most values that a message needs are not promises,
 * and a promise for each step would cost more than the steps.
 * @throws what `next` throws; if a promise is returned, it rejects with the error of `value` or of `next`
 */
export function whenKnown<Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
