#include "host/node/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace lode::node {
namespace {

using testing::HasSubstr;

class CookieTest : public testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(path_, std::ios::trunc) << text; }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / ".cookie";
  Credentials credentials_{"", "", path_};
};

TEST(Credentials, Base64OfUserAndPassword) {
  // RFC 7617, section 2.
  EXPECT_EQ(Credentials("Aladdin", "open sesame", {}).authorization().value(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(Credentials("test", "123\xc2\xa3", {}).authorization().value(), "Basic dGVzdDoxMjPCow==");
  EXPECT_EQ(Credentials("", "", {}).authorization().value(), "");
}

TEST(Credentials, TheDescriptionHoldsNoPassword) {
  EXPECT_EQ(Credentials("user", "hunter2", {}).describe().find("hunter2"), std::string::npos);
}

TEST_F(CookieTest, IsReadAndReadAgain) {
  write("__cookie__:one\n");
  EXPECT_EQ(credentials_.authorization().value(), "Basic X19jb29raWVfXzpvbmU=");
  write("__cookie__:two");
  EXPECT_EQ(credentials_.authorization().value(), "Basic X19jb29raWVfXzpvbmU=");
  credentials_.forget();
  EXPECT_EQ(credentials_.authorization().value(), "Basic X19jb29raWVfXzp0d28=");
}

TEST_F(CookieTest, AMissingFileMeansANodeThatDoesNotRun) {
  const auto missing = credentials_.authorization();
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(Errc::kNotReady));
  EXPECT_THAT(missing.error().message(), HasSubstr(path_.string()));
}

TEST_F(CookieTest, RefusesWhatIsNoCookie) {
  for (const std::string& text : {std::string("no colon"), std::string(), std::string(5000, ':'),
                                  std::string("a:b\r\nX: y"), std::string("a:\x01")}) {
    write(text);
    const auto refused = credentials_.authorization();
    ASSERT_FALSE(refused) << text;
    EXPECT_TRUE(refused.error().is(Errc::kUnauthorized));
    EXPECT_THAT(refused.error().message(), HasSubstr(path_.string()));
  }
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_TRUE(credentials_.authorization().error().is(Errc::kUnauthorized));
}

}  // namespace
}  // namespace lode::node
