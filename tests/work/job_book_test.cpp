#include "host/work/job_book.h"

#include <gtest/gtest.h>

#include "tests/support/test_work.h"

namespace lode::work {
namespace {

std::shared_ptr<const Job> add(JobBook& book, std::size_t source, std::uint8_t parent, bool clean) {
  auto work = test::make_template(parent);
  work->clean = clean;
  return book.add(source, std::move(work), std::chrono::steady_clock::now());
}

TEST(JobBook, NumbersJobsFromOneUpwards) {
  JobBook book;
  EXPECT_EQ(book.find(0), nullptr);
  EXPECT_EQ(book.find(1), nullptr);
  EXPECT_FALSE(book.is_current(1));
  for (Generation expected = 1; expected <= 10; ++expected) {
    const auto job = add(book, expected % 2, 1, expected % 3 == 0);
    EXPECT_EQ(job->generation, expected);
    EXPECT_EQ(job->source, expected % 2);
    EXPECT_EQ(book.find(expected), job);
    EXPECT_TRUE(book.is_current(expected));
  }
}

TEST(JobBook, CleanWorkRetiresOnlyItsOwnSource) {
  JobBook book;
  add(book, 0, 1, true);   // 1
  add(book, 1, 1, true);   // 2
  add(book, 0, 1, false);  // 3
  EXPECT_TRUE(book.is_current(1));
  EXPECT_TRUE(book.is_current(2));
  add(book, 0, 2, true);  // 4
  EXPECT_FALSE(book.is_current(1));
  EXPECT_TRUE(book.is_current(2));
  EXPECT_FALSE(book.is_current(3));
  EXPECT_TRUE(book.is_current(4));
  EXPECT_NE(book.find(1), nullptr) << "a retired job's block is still to be found";
}

TEST(JobBook, SaysWhichJobsVoidWhatIsWorkedOn) {
  JobBook book;
  EXPECT_TRUE(add(book, 0, 1, false)->replaces) << "nothing was worked on";
  EXPECT_FALSE(add(book, 0, 1, false)->replaces);
  EXPECT_TRUE(add(book, 0, 1, true)->replaces);
  EXPECT_TRUE(add(book, 1, 1, false)->replaces) << "of another source";
  EXPECT_FALSE(add(book, 1, 1, false)->replaces);
}

TEST(JobBook, SourcesThatTakeTurnsVoidNothing) {
  using Before = JobBook::Before;
  const auto now = std::chrono::steady_clock::now();
  JobBook book;
  const std::shared_ptr<const WorkTemplate> first = test::make_template(1);
  const std::shared_ptr<const WorkTemplate> second = test::make_template(2);
  EXPECT_TRUE(book.add(0, first, now, Before::kStands)->replaces) << "nothing was worked on";
  EXPECT_FALSE(book.add(1, second, now, Before::kStands)->replaces);
  EXPECT_FALSE(book.add(0, first, now, Before::kStands)->replaces);
  EXPECT_TRUE(book.is_current(1)) << "the same clean work, once more";
  EXPECT_TRUE(book.add(0, test::make_template(3), now, Before::kStands)->replaces) << "of the same source";
  EXPECT_FALSE(book.is_current(1));
  EXPECT_FALSE(book.is_current(3));
  EXPECT_TRUE(book.is_current(2));
}

TEST(JobBook, RetiresBySource) {
  JobBook book;
  add(book, 0, 1, false);
  add(book, 1, 2, false);
  add(book, 0, 3, false);
  book.retire_source(0);
  EXPECT_FALSE(book.is_current(1));
  EXPECT_TRUE(book.is_current(2));
  EXPECT_FALSE(book.is_current(3));
}

TEST(JobBook, ForgetsTheOldestOnly) {
  JobBook book;
  for (std::size_t i = 0; i < JobBook::kRemembered; ++i)
    add(book, 0, 1, false);
  EXPECT_NE(book.find(1), nullptr);
  add(book, 0, 1, false);
  EXPECT_EQ(book.find(1), nullptr);
  EXPECT_FALSE(book.is_current(1));
  EXPECT_NE(book.find(2), nullptr);
  EXPECT_NE(book.find(JobBook::kRemembered + 1), nullptr);
  EXPECT_EQ(book.find(JobBook::kRemembered + 2), nullptr);
}

TEST(JobBook, AJobThatIsStillWorkedOnIsFoundHoweverOld) {
  JobBook book;
  const auto held = add(book, 0, 1, true);
  const Generation dropped = add(book, 0, 2, true)->generation;
  for (std::size_t i = 0; i < 3 * JobBook::kRemembered; ++i)
    add(book, 0, 3, true);
  EXPECT_EQ(book.find(held->generation), held);
  EXPECT_FALSE(book.is_current(held->generation));
  EXPECT_EQ(book.find(dropped), nullptr);
}

}  // namespace
}  // namespace lode::work
