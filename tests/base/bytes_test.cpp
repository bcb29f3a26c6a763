#include "host/base/bytes.h"

#include <gmock/gmock.h>

namespace lode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Append, PutsBytesBehindThoseThere) {
  Bytes bytes{1, 2};
  append(bytes, Bytes{3, 4, 5});
  EXPECT_THAT(bytes, ElementsAre(1, 2, 3, 4, 5));
}

TEST(Append, OfNothingChangesNothing) {
  Bytes bytes;
  append(bytes, {});
  EXPECT_THAT(bytes, IsEmpty());
  bytes = {7};
  append(bytes, {});
  EXPECT_THAT(bytes, ElementsAre(7));
}

}  // namespace
}  // namespace lode
