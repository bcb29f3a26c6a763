// Runs one bcoin full node on regtest: `node node.js OPTIONS-AS-JSON`. bcoin.py starts it.
//
// bcoin's own command is not used because it asks public name servers for its external address when it listens for
// peers, and tries a fixed port as a seed. This one talks to nothing that the options do not name.
//
// Options: prefix (data folder), apiKey, httpPort, port (peers; listens only if `listen`), only (peers to connect to),
// log (file). It prints "ready" when RPC can be called, and ends when its standard input is closed, so that no
// node outlives the test that started it.
'use strict';

process.env.NODE_BACKEND = 'js';

const fs = require('fs');
const {FullNode} = require('bcoin');

const options = JSON.parse(process.argv[2]);
const log = fs.openSync(options.log, 'a');

const node = new FullNode({
  network: 'regtest',
  memory: false,
  prefix: options.prefix,
  apiKey: options.apiKey,
  httpHost: '127.0.0.1',
  httpPort: options.httpPort,
  host: '127.0.0.1',
  port: options.port,
  publicHost: '127.0.0.1',
  listen: options.listen,
  only: options.only,
  seeds: [],
  upnp: false,
  workers: false,
  logFile: false,
  logConsole: false,
  logLevel: 'info'
});

// An operator that listens on loopback has no external address to find.
node.pool.discoverExternal = async () => {};

for (const event of ['connect', 'disconnect', 'reorganize']) {
  node.on(event, (entry) => {
    fs.writeSync(log, `${new Date().toISOString()} ${event} ${entry.height} ${entry.rhash()}\n`);
  });
}

node.on('error', (error) => {
  fs.writeSync(log, `${new Date().toISOString()} error ${error.stack || error}\n`);
});

process.on('unhandledRejection', (error) => {
  fs.writeSync(log, `${new Date().toISOString()} fatal ${error.stack || error}\n`);
  process.exit(1);
});

process.stdin.on('end', () => process.exit(0));
process.stdin.resume();

(async () => {
  await node.ensure();
  await node.open();
  await node.connect();
  node.startSync();
  process.stdout.write('ready\n');
})();
