/** The same object, except for some of its members. */
export function withChanges<T extends object>(original: T, changes: Partial<T>): T {
  return new Proxy(original, {
    get: (target, name): unknown => {
      if (Object.hasOwn(changes, name)) return Reflect.get(changes, name);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
