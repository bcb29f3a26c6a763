#include "host/app/source_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lode::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SourceUrl, TakesItsPartsApart) {
  const auto url = parse_source_url("http://us%40er:p%3aa%2Fss@Node.Example:18443/wallet/x?y=1");
  ASSERT_TRUE(url.has_value()) << url.error().message();
  EXPECT_EQ(url->scheme, "http");
  EXPECT_EQ(url->user, "us@er");
  EXPECT_EQ(url->password, "p:a/ss");
  EXPECT_TRUE(url->has_credentials);
  EXPECT_EQ(url->host, "Node.Example");
  EXPECT_EQ(url->port, 18443);
  EXPECT_EQ(url->path, "/wallet/x?y=1");
  EXPECT_THAT(url->display(), Not(HasSubstr("ss")));
}

TEST(SourceUrl, FillsInWhatIsLeftOut) {
  const auto url = parse_source_url("HTTPS://localhost");
  ASSERT_TRUE(url.has_value()) << url.error().message();
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->port, 8332);
  EXPECT_EQ(url->path, "/");
  EXPECT_FALSE(url->has_credentials);
  EXPECT_EQ(url->display(), "localhost:8332");
  EXPECT_EQ(parse_source_url("http://localhost:")->port, 8332);
}

TEST(SourceUrl, TakesAddresses) {
  EXPECT_EQ(parse_source_url("http://127.0.0.1:1")->host, "127.0.0.1");
  const auto six = parse_source_url("http://[::1]:8332");
  ASSERT_TRUE(six.has_value());
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->display(), "[::1]:8332");
}

TEST(SourceUrl, APasswordWithoutUserIsOne) {
  const auto url = parse_source_url("http://:secret@h:1");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->user, "");
  EXPECT_EQ(url->password, "secret");
}

struct BadUrl {
  const char* text;
  const char* message;
};

class BadSourceUrl : public testing::TestWithParam<BadUrl> {};

TEST_P(BadSourceUrl, IsRefused) {
  const auto url = parse_source_url(GetParam().text);
  ASSERT_FALSE(url.has_value()) << GetParam().text;
  EXPECT_THAT(url.error().message(), HasSubstr(GetParam().message));
  EXPECT_THAT(url.error().message(), Not(HasSubstr("hunter2")));
}

INSTANTIATE_TEST_SUITE_P(
    Urls, BadSourceUrl,
    testing::Values(BadUrl{"", "empty"}, BadUrl{"127.0.0.1:8332", "is no URL"}, BadUrl{"http:", "is no URL"},
                    BadUrl{"//host:1", "is no URL"}, BadUrl{"http://", "no host"}, BadUrl{"http://:8332", "no host"},
                    BadUrl{"http://user:hunter2@", "no host"}, BadUrl{"http://user:hunter2@:1", "no host"},
                    BadUrl{"http://[::1]http://443", "port"}, BadUrl{"http://h:0", "port"},
                    BadUrl{"http://h:65536", "port"}, BadUrl{"http://h:99999", "port"},
                    BadUrl{"http://h:99999999999", "port"}, BadUrl{"http://h:port", "port"},
                    BadUrl{"http://u:hunter2@h:port", "port"}, BadUrl{"http://h:1x", "port"},
                    BadUrl{"http://u:hunter2@[::1]:x/y", "port"}, BadUrl{"http://u:hunter2", "port"},
                    BadUrl{"http://[::1:8332", "malformed"}, BadUrl{"http://u:hunter2@x@h:1", "%XX"},
                    BadUrl{"http://h h:1", "malformed"}, BadUrl{"http://u:%zz@h:1", "malformed"},
                    BadUrl{"http://h:1/\x01", "malformed"}, BadUrl{"http://u:hunter2%0a@h:1", "control character"},
                    BadUrl{"http://h%00:1", "control character"}, BadUrl{"http://h:1/#x", "'#'"},
                    BadUrl{"ftp://u:hunter2@h:1", "scheme 'ftp' is unknown"}, BadUrl{"stratum+tcp://h", "has no port"},
                    BadUrl{"stratum+ssl://u:hunter2@h", "has no port"},
                    BadUrl{"stratum2+tcp://h:1", "scheme 'stratum2+tcp' is unknown"},
                    BadUrl{"u:hunter2@h:1", "is no URL"}));

TEST(SourceUrl, IsBounded) {
  EXPECT_TRUE(parse_source_url("http://" + std::string(3000, 'a')).error().is(Errc::kTooLarge));
}

}  // namespace
}  // namespace lode::app
