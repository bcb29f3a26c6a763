#include "host/app/proxy_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lode::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ProxyUrl, TakesItsPartsApart) {
  const auto proxy = parse_proxy_url("socks5://us%40er:p%3Ass@Proxy.Example:9050");
  ASSERT_TRUE(proxy) << proxy.error().message();
  EXPECT_EQ(proxy->host, "Proxy.Example");
  EXPECT_EQ(proxy->port, 9050);
  EXPECT_EQ(proxy->user, "us@er");
  EXPECT_EQ(proxy->password, "p:ss");
  EXPECT_EQ(proxy->display(), "Proxy.Example:9050");
}

TEST(ProxyUrl, FillsInWhatIsLeftOut) {
  const auto proxy = parse_proxy_url("SOCKS5H://[::1]/");
  ASSERT_TRUE(proxy) << proxy.error().message();
  EXPECT_EQ(proxy->host, "::1");
  EXPECT_EQ(proxy->port, 1080);
  EXPECT_EQ(proxy->user, "");
  EXPECT_EQ(proxy->display(), "[::1]:1080");
}

TEST(ProxyUrl, SaysWhatIsWrong) {
  const auto trouble = [](const std::string& text) {
    const auto proxy = parse_proxy_url(text);
    return proxy ? std::string("it was taken") : proxy.error().message();
  };
  EXPECT_THAT(trouble("proxy:9050"), HasSubstr("socks5://HOST:PORT"));
  EXPECT_THAT(trouble(""), HasSubstr("socks5://HOST:PORT"));
  EXPECT_THAT(trouble("socks4://proxy:9050"), HasSubstr("'socks4' are not supported"));
  EXPECT_THAT(trouble("http://proxy:9050"), HasSubstr("'http' are not supported"));
  EXPECT_THAT(trouble("socks5://"), HasSubstr("no host"));
  EXPECT_THAT(trouble("socks5://proxy:0"), HasSubstr("port '0'"));
  EXPECT_THAT(trouble("socks5://proxy:65536"), HasSubstr("port '65536'"));
  EXPECT_THAT(trouble("socks5://proxy:1/path"), HasSubstr("no path"));
  EXPECT_THAT(trouble("socks5://proxy:1?x"), HasSubstr("no path"));
  EXPECT_THAT(trouble("socks5://proxy:1#x"), HasSubstr("'#'"));
  EXPECT_THAT(trouble("socks5://:pass@proxy:1"), HasSubstr("empty user name"));
  EXPECT_THAT(trouble("socks5://" + std::string(256, 'u') + "@proxy:1"), HasSubstr("255 bytes"));
  EXPECT_THAT(trouble("socks5://" + std::string(3000, 'u')), HasSubstr("longer than"));
}

TEST(ProxyUrl, NeverRepeatsAPassword) {
  for (const char* const text :
       {"socks5://user:hunter2@", "user:hunter2@proxy:1", "socks5://user:hunter2@proxy:99999",
        "socks9://user:hunter2@proxy:1", "socks5://user:hunter2", "socks5://user:hunter2@a b"}) {
    const auto proxy = parse_proxy_url(text);
    ASSERT_FALSE(proxy) << text;
    EXPECT_THAT(proxy.error().message(), Not(HasSubstr("hunter2"))) << text;
  }
}

}  // namespace
}  // namespace lode::app
