#include "host/node/template_request.h"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace lode::node {

namespace json = boost::json;

std::string template_params(const std::optional<std::string>& longpoll_id) {
  std::string params =
      R"([{"mode":"template","rules":["segwit"],"capabilities":["coinbasevalue","longpoll","proposal","workid"])";
  if (longpoll_id) params += ",\"longpollid\":" + json::serialize(json::string(*longpoll_id));
  return params + "}]";
}

}  // namespace lode::node
