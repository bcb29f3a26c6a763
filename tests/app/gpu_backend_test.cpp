#include "host/app/gpu_backend.h"

#include <gtest/gtest.h>

namespace lode::app {
namespace {

TEST(TakenGpus, AreToldByTheirPciAddress) {
  TakenGpus taken({{.id = "cuda:0", .name = "A", .pci_bus_id = "0000:C1:00.0"},
                   {.id = "cuda:1", .name = "A", .pci_bus_id = "0000:C2:00.0"}});
  EXPECT_EQ(taken.used_as("0000:c2:00.0", "A by another name"), "cuda:1");
  EXPECT_EQ(taken.used_as("0000:c3:00.0", "A"), "") << "the third of the same name";
  EXPECT_EQ(taken.used_as("0000:c1:00.0", "A"), "cuda:0");
}

TEST(TakenGpus, AreCountedByNameWhereAnAddressIsUnknown) {
  TakenGpus taken({{.id = "cuda:0", .name = "A", .pci_bus_id = "0000:C1:00.0"}});
  EXPECT_EQ(taken.used_as("", "B"), "");
  EXPECT_EQ(taken.used_as("", "A"), "cuda:0");
  EXPECT_EQ(taken.used_as("", "A"), "") << "one GPU stands for one";
}

TEST(PciAddresses, AreTheSameInEitherCase) {
  EXPECT_TRUE(same_pci_bus("0000:C1:00.0", "0000:c1:00.0"));
  EXPECT_FALSE(same_pci_bus("0000:C1:00.0", "0000:c1:00.1"));
  EXPECT_FALSE(same_pci_bus("0000:C1:00.0", "0000:c1:00"));
}

}  // namespace
}  // namespace lode::app
