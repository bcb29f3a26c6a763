// Fills a node's mempool: `node mempool.js OPTIONS-AS-JSON`. mempool in bcoin.py calls it.
//
// With {"mode": "address"} it prints the address (as bcoin writes it) of the one fixed key it owns.
// With {"mode": "spend", "port", "apiKey", "count", "coinbase"} it takes the outputs of the coinbase transaction of
// block number `coinbase`, which must be mature and pay that key, fans them out into `count` P2WPKH outputs, has the
// node mine that, then broadcasts `count` segwit transactions that do not depend on each other, each with one real
// signature. It prints {"txids": [...], "fees": satoshis} when the node's mempool holds exactly these.
'use strict';

process.env.NODE_BACKEND = 'js';

const http = require('http');
const {Block, Coin, KeyRing, MTX} = require('bcoin');

const options = JSON.parse(process.argv[2]);
const kFee = 2000;
const kBatch = 100;

const key = KeyRing.fromPrivate(Buffer.alloc(32, 0x11), true);
key.witness = true;

function post(body) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port: options.port,
      method: 'POST',
      auth: `x:${options.apiKey}`,
      agent: false
    }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

function unwrap(reply) {
  if (reply.error)
    throw new Error(`the node answered: ${reply.error.message}`);
  return reply.result;
}

async function call(method, ...params) {
  return unwrap(JSON.parse(await post({method, params, id: 1})));
}

async function broadcast(txs) {
  for (let i = 0; i < txs.length; i += kBatch) {
    const calls = txs.slice(i, i + kBatch).map((tx, id) => {
      return {method: 'sendrawtransaction', params: [tx.toRaw().toString('hex')], id};
    });
    for (const reply of JSON.parse(await post(calls)))
      unwrap(reply);
  }
}

// The node takes transactions in after it has answered.
async function mempoolSettles(txids) {
  const wanted = JSON.stringify([...txids].sort());
  const deadline = Date.now() + 180000;
  for (;;) {
    const held = await call('getrawmempool');
    if (JSON.stringify(held.sort()) === wanted)
      return;
    if (Date.now() > deadline)
      throw new Error(`the mempool holds ${held.length} transactions, wanted ${txids.length}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function spend(tx, index, outputs) {
  const mtx = new MTX();
  mtx.addCoin(Coin.fromTX(tx, index, 1));
  for (const value of outputs)
    mtx.addOutput(key.getAddress(), value);
  mtx.sign(key);
  if (!mtx.verify())
    throw new Error('a transaction made here does not verify');
  return mtx.toTX();
}

async function main() {
  if (options.mode === 'address')
    return {address: key.getAddress('string', 'regtest')};

  const hash = await call('getblockhash', options.coinbase);
  const coinbase = Block.fromRaw(await call('getblock', hash, false), 'hex').txs[0];

  const total = coinbase.outputs[0].value;
  const each = Math.floor((total - 100 * kFee) / options.count);
  const fan = spend(coinbase, 0, new Array(options.count).fill(each));
  await broadcast([fan]);
  await mempoolSettles([fan.txid()]);
  await call('generatetoaddress', 1, key.getAddress('string', 'regtest'));
  await mempoolSettles([]);

  const txs = [];
  for (let i = 0; i < options.count; i++)
    txs.push(spend(fan, i, [each - kFee]));
  await broadcast(txs);
  const txids = txs.map(tx => tx.txid());
  await mempoolSettles(txids);
  return {txids, fees: kFee * options.count};
}

main().then((result) => {
  process.stdout.write(JSON.stringify(result) + '\n');
}).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
