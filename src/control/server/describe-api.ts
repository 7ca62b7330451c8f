/** Makes the OpenAPI document from the schemas of the routes. */
import type { SwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

const REF = '#/components/schemas/';

export function describeApi(version: string): SwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Grapevine control API',
        version,
        description: 'Amounts and prices are exact and are text; times are milliseconds since 1970; ids are in full.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      // Only the port requires it; the socket is protected by its file's permissions.
      security: [{ token: [] }, {}],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withUsedSchemas(jsonSchemaTransformObject(document)),
  };
}

interface Document {
  readonly paths?: unknown;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/** Each named schema has a form for requests and one for answers; unused ones are removed. */
function withUsedSchemas<Described>(document: Described): Described {
  const { paths, components } = document as Document;
  const all = components?.schemas ?? {};
  const used = new Set<string>();
  const visit = (value: unknown): void => {
    for (const name of namesIn(value)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(all[name]);
    }
  };
  visit(paths);
  const schemas = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas } };
}

function namesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref.slice(REF.length)] : [];
  return [...own, ...Object.values(value).flatMap(namesIn)];
}
