#include "host/base/error.h"

#include <gtest/gtest.h>

#include <boost/system/system_error.hpp>
#include <set>

#include "host/base/result.h"

namespace lode {
namespace {

TEST(Error, SpeaksItsDetailOrElseItsCode) {
  EXPECT_EQ(fail(Errc::kMalformed, "bits: no hex").message(), "bits: no hex");
  EXPECT_EQ(fail(Errc::kTimeout, "").message(), "timed out");
}

TEST(Error, KnowsItsCode) {
  const Error error = fail(Errc::kTooLarge, "x");
  EXPECT_TRUE(error.is(Errc::kTooLarge));
  EXPECT_FALSE(error.is(Errc::kMalformed));
  EXPECT_STREQ(error.code.category().name(), "lode");
}

TEST(Error, EveryCodeHasAMessageOfItsOwn) {
  std::set<std::string> messages;
  for (int code = 1; code <= static_cast<int>(Errc::kCancelled); ++code) {
    messages.insert(make_error_code(static_cast<Errc>(code)).message());
  }
  EXPECT_EQ(messages.size(), static_cast<std::size_t>(Errc::kCancelled));
  EXPECT_EQ(messages.count("unknown error"), 0U);
}

TEST(Result, ThrowsWhereAValueIsTakenFromAnError) {
  const Result<int> result = fail(Errc::kStore, "disk full");
  try {
    static_cast<void>(result.value());
    FAIL() << "no exception";
  } catch (const boost::system::system_error& thrown) {
    EXPECT_EQ(thrown.code(), make_error_code(Errc::kStore));
    EXPECT_NE(std::string(thrown.what()).find("disk full"), std::string::npos);
  }
}

}  // namespace
}  // namespace lode
