/**
 * Goes on with a value: at once when it is there already, else when its promise has resolved. Most of what a message needs is there
 * already, and a promise for each step would cost more than the steps.
 * @throws what `next` throws; a promise rejects as the value's or as `next` does
 */
export function whenKnown<Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
