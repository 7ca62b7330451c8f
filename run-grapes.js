// As in the original demo: `node ./run-grapes.js` brings three grapes up. The same as `grapevine grapes`.
process.argv.splice(2, 0, 'grapes');
await import('./bin/grapevine.js');
