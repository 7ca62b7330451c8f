/**
 * The import rules of the house: who may know whom. They are drawn in docs/ARCHITECTURE.md.
 * A folder may import itself and what is listed; everything else is refused.
 */

/** The public library, and the composition root behind it. */
const PUBLIC = '^src/index[.]ts$';

const FOLDERS = {
  protocol: { may: [], npm: [] },
  wire: { may: ['^src/protocol/'], npm: ['zod', 'big.js'] },
  ports: { may: ['^src/protocol/'], npm: [] },
  identity: { may: ['^src/protocol/', '^src/wire/', '^src/ports/'], npm: ['lru-cache'], node: ['crypto', 'fs', 'path'] },
  grenache: {
    may: ['^src/protocol/(errors|limits)[.]ts$', '^src/wire/', '^src/ports/'],
    npm: ['undici', 'bencode', 'bittorrent-dht', 'grenache-grape', 'grenache-nodejs-base', 'grenache-nodejs-http'],
    node: true,
  },
  store: { may: ['^src/protocol/', '^src/wire/', '^src/ports/'], npm: ['libsql', 'zod'], node: true },
  desk: { may: ['^src/protocol/', '^src/wire/', '^src/identity/', '^src/ports/'], npm: [], node: ['events'] },
  host: { may: ['^src/ports/'], npm: ['pino', 'pino-pretty'], node: true },
  rules: { may: ['^src/protocol/', '^src/wire/'], npm: ['zod'] },
  config: {
    may: ['^src/protocol/', '^src/wire/', '^src/rules/'],
    npm: ['zod', 'smol-toml'],
    node: ['fs', 'net', 'path'],
  },
  // The settings are the command line's own; desks are a library that it uses like any program.
  cli: { may: [PUBLIC, '^src/config/', '^src/rules/'], npm: ['commander', 'env-paths'], node: true },
};

const rules = Object.entries(FOLDERS).flatMap(([folder, { may, npm, node = [] }]) => {
  const from = { path: `^src/${folder}/` };
  const nodeAllowed = node === true ? ['.*'] : node.map((name) => `^(node:)?${name}$`);
  return [
    {
      name: `${folder}-imports-only-what-it-may`,
      severity: 'error',
      from,
      to: { path: '^src/', pathNot: [`^src/${folder}/`, ...may] },
    },
    {
      name: `${folder}-uses-only-its-libraries`,
      severity: 'error',
      from,
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: npm.map((name) => `node_modules/(@types/)?${name}/`),
      },
    },
    {
      name: `${folder}-uses-only-its-parts-of-node`,
      severity: 'error',
      from,
      to: { dependencyTypes: ['core'], ...(nodeAllowed.length > 0 && { pathNot: nodeAllowed }) },
    },
  ];
});

export default {
  forbidden: [
    ...rules,
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'product-knows-no-tests',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: { path: '^(test|testing|bench|examples|simulation|chaos)/' },
    },
    {
      name: 'only-the-composition-root-meets-everybody',
      severity: 'error',
      from: { path: '^src/[^/]+[.]ts$', pathNot: '^src/(create-desk|index)[.]ts$' },
      to: { path: '^src/' },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
