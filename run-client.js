// As in the original demo: `node ./run-client.js PORT [AMOUNT]` runs a client. The same as `grapevine client`.
process.argv.splice(2, 0, 'client');
await import('./bin/grapevine.js');
