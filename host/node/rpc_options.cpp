#include "host/node/rpc_options.h"

namespace lode::node {

RpcOptions rpc_options(const NodeOptions& options) {
  RpcOptions rpc;
  rpc.http.host = options.host;
  rpc.http.port = options.port;
  rpc.http.tls = options.tls;
  rpc.http.ca_file = options.ca_file;
  rpc.http.proxy = options.proxy;
  rpc.http.connect_limit = options.times.connect;
  rpc.http.handshake_limit = options.times.connect;
  rpc.http.write_limit = options.times.write;
  rpc.http.read_limit = options.times.call;
  rpc.path = options.path.empty() ? "/" : options.path;
  return rpc;
}

}  // namespace lode::node
