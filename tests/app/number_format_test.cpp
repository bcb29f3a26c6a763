#include "host/app/number_format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lode::app {
namespace {

TEST(NumberFormat, Rates) {
  EXPECT_EQ(format_rate(0), "0 H/s");
  EXPECT_EQ(format_rate(-5), "0 H/s");
  EXPECT_EQ(format_rate(std::nan("")), "0 H/s");
  EXPECT_EQ(format_rate(std::numeric_limits<double>::infinity()), "0 H/s");
  EXPECT_EQ(format_rate(1), "1.00 H/s");
  EXPECT_EQ(format_rate(999), "999 H/s");
  EXPECT_EQ(format_rate(999.7), "1.00 kH/s");
  EXPECT_EQ(format_rate(24'600'000), "24.6 MH/s");
  EXPECT_EQ(format_rate(9.996e9), "10.0 GH/s");
  EXPECT_EQ(format_rate(1.5e12), "1.50 TH/s");
  EXPECT_EQ(format_rate(2e15), "2.00 PH/s");
  EXPECT_EQ(format_rate(5e24), "5000000 EH/s");
}

TEST(NumberFormat, Quantities) {
  EXPECT_EQ(format_quantity(0), "0");
  EXPECT_EQ(format_quantity(0.00046565), "0.000466");
  EXPECT_EQ(format_quantity(1), "1.00");
  EXPECT_EQ(format_quantity(1234), "1.23k");
  EXPECT_EQ(format_quantity(95.7e12), "95.7T");
  EXPECT_EQ(format_quantity(1e30), "1.00e+30");
}

TEST(NumberFormat, Durations) {
  EXPECT_EQ(format_duration(0), "unknown");
  EXPECT_EQ(format_duration(std::nan("")), "unknown");
  EXPECT_EQ(format_duration(0.25), "250 ms");
  EXPECT_EQ(format_duration(1.25), "1.2 s");
  EXPECT_EQ(format_duration(12), "12 s");
  EXPECT_EQ(format_duration(59.7), "1 min");
  EXPECT_EQ(format_duration(200), "3 min 20 s");
  EXPECT_EQ(format_duration(3600), "1 h");
  EXPECT_EQ(format_duration(5 * 3600 + 12 * 60), "5 h 12 min");
  EXPECT_EQ(format_duration(3 * 86400 + 4 * 3600), "3 d 4 h");
  EXPECT_EQ(format_duration(2 * 31557600.0 + 40 * 86400), "2 y 40 d");
  EXPECT_EQ(format_duration(3.2e13), "1e+06 years");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::infinity()), "inf years");
}

TEST(NumberFormat, Counts) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_count(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

}  // namespace
}  // namespace lode::app
