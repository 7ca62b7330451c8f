/**
 * The import rules: which folder may import what. A test writes their summary into docs/ARCHITECTURE.md.
 * A folder may import itself and what is listed; everything else is refused.
 */

/** The public library. */
const PUBLIC = '^src/index[.]ts$';

const FOLDERS = {
  protocol: { may: [], npm: [] },
  wire: { may: ['^src/protocol/'], npm: ['zod', 'big.js'], node: ['crypto'] },
  ports: { may: ['^src/protocol/'], npm: [] },
  identity: {
    may: ['^src/protocol/', '^src/wire/', '^src/ports/'],
    npm: ['@hpke/core', '@noble/curves', 'lru-cache'],
    node: ['crypto', 'fs', 'path'],
  },
  // What a network does over whatever it runs on.
  transport: { may: ['^src/protocol/errors[.]ts$', '^src/ports/'], npm: [], node: [] },
  hyperdht: {
    may: ['^src/protocol/(errors|limits)[.]ts$', '^src/wire/', '^src/ports/', '^src/transport/'],
    npm: ['hyperdht'],
    node: true,
  },
  grenache: {
    may: ['^src/protocol/(errors|limits)[.]ts$', '^src/wire/', '^src/ports/', '^src/transport/'],
    npm: [
      'undici',
      'bencode',
      'bittorrent-dht',
      'grenache-grape',
      'grenache-nodejs-base',
      'grenache-nodejs-http',
      'lru-cache',
    ],
    node: true,
  },
  store: { may: ['^src/protocol/', '^src/ports/'], npm: ['libsql', 'zod'], node: true },
  desk: {
    may: [
      '^src/protocol/',
      '^src/wire/',
      '^src/identity/receipt[.]ts$',
      '^src/ports/',
      '^src/transport/(concurrency-limiter|fixed-window-counter|limits)[.]ts$',
    ],
    npm: [],
    node: ['events'],
  },
  host: { may: ['^src/ports/'], npm: ['pino', 'pino-pretty'], node: true },
  rules: { may: ['^src/protocol/', '^src/wire/'], npm: ['zod'] },
  config: {
    may: ['^src/protocol/', '^src/wire/', '^src/rules/'],
    npm: ['zod', 'smol-toml'],
    node: ['fs', 'net', 'path'],
  },
  control: {
    may: ['^src/protocol/', '^src/wire/', '^src/ports/', '^src/desk/', '^src/transport/limits[.]ts$'],
    npm: ['zod', 'eventsource-parser', 'fastify', 'fastify-type-provider-zod', '@fastify/swagger', 'prom-client'],
    node: true,
  },
  // Suites for authors of adapters; the package `grapevine/testing`.
  testing: { may: ['^src/protocol/', '^src/ports/'], npm: ['vitest'] },
  // Judges what composition/examine-desk.ts has looked at.
  doctor: { may: ['^src/control/contract[.]ts$'], npm: [] },
  // What people read, for every surface: pure functions of what the control API says.
  text: { may: ['^src/control/contract(/ended-phases)?[.]ts$', '^src/ports/log[.]ts$'], npm: [] },
  // The stage of the theatre: between its desks and their networks. Recordings and the naive flow are pure.
  demo: {
    may: [
      '^src/protocol/',
      '^src/wire/',
      '^src/ports/',
      '^src/transport/limits[.]ts$',
      '^src/control/limits[.]ts$',
      '^src/control/server/(page/|loopback-guard|failures|limit-connections)',
    ],
    npm: ['zod', 'fastify', 'fastify-type-provider-zod'],
    node: true,
  },
  // The page knows the desk only as the control API describes it. Exact decimals are the project's own.
  web: {
    may: [
      '^src/control/(contract|limits|contract/ended-phases)[.]ts$',
      '^src/text/',
      '^src/protocol/(ids|comparison)[.]ts$',
      '^src/wire/(decimal|decimal-arithmetic|duration)[.]ts$',
      '^src/demo/(recording|naive-flow)[.]ts$',
    ],
    npm: ['preact', '@preact/signals', 'uplot'],
  },
  // Settings and rules are the command line's own. It talks to a running desk as any program does; only `up` makes one.
  cli: {
    may: [
      PUBLIC,
      '^src/config/',
      '^src/rules/',
      '^src/control/(client|contract|limits|contract/ended-phases)[.]ts$',
      '^src/text/',
      // A command loads what it needs and no more: the whole library takes longer to load than most commands run.
      '^src/protocol/(errors|limits)[.]ts$',
      '^src/wire/(decimal|duration|names|parse-json)[.]ts$',
      '^src/ports/log[.]ts$',
      '^src/host/pino-log[.]ts$',
      '^src/identity/(limits|verify-proof)[.]ts$',
      '^src/composition/',
    ],
    npm: ['commander', 'picocolors', 'string-width', 'log-update'],
    node: true,
  },
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
    // Within `control`: whoever talks to a desk needs neither a desk nor a server.
    {
      name: 'control-contract-and-client-know-no-server',
      severity: 'error',
      from: { path: '^src/control/(contract|client|file-names)' },
      to: {
        path: [
          '^src/(?!control/|protocol/)',
          '^src/control/(?!contract|client|limits|file-names)',
          'node_modules/(fastify|@fastify|prom-client)',
        ],
      },
    },
    {
      name: 'control-contract-knows-no-client',
      severity: 'error',
      from: { path: '^src/control/contract' },
      to: { path: ['^src/control/(?!contract|limits)', 'node_modules/eventsource-parser/'] },
    },
    {
      name: 'control-server-knows-no-client',
      severity: 'error',
      from: { path: '^src/control/', pathNot: '^src/control/client' },
      to: { path: ['^src/control/client', 'node_modules/eventsource-parser/'] },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'product-knows-no-tests',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: { path: '^(test|testing|bench|examples|simulation|chaos|proof)/' },
    },
    {
      name: 'only-composition-meets-everybody',
      severity: 'error',
      from: { path: '^src/[^/]+[.]tsx?$', pathNot: '^src/index[.]ts$' },
      to: { path: '^src/' },
    },
    {
      name: 'only-composition-makes-composition',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(composition/|cli/|index[.]ts$)' },
      to: { path: '^src/(composition/|index[.]ts$)' },
    },
    {
      name: 'nobody-knows-the-command-line',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
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
