// What a template says about its transactions, held against the transactions themselves: ids, witness commitment,
// weight and signature operations.
//
// Megabytes are parsed and hashed here, so it happens after the work was published and in steps, between which the io
// thread does other things. One coroutine owns a check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/node/template_stream.h"
#include "host/work/work_template.h"

namespace lode::node {

/// What is kept of a template to check it.
struct CheckInput {
  std::shared_ptr<const work::WorkTemplate> work;  ///< with a body
  std::vector<chain::Hash256> txids;
  std::vector<chain::Hash256> wtxids;
  std::vector<TemplateTransactions::Row> rows;
  std::optional<Bytes> witness_commitment;
  std::uint32_t weight_limit = 0;
  std::uint32_t sigop_limit = 0;
};

class TemplateCheck {
 public:
  explicit TemplateCheck(std::shared_ptr<const CheckInput> input) : input_(std::move(input)) {}

  /// Checks about `bytes` more of the transactions. True: all is done and well. Errors: kInvalidBlock, with the number
  /// of the transaction at fault.
  Result<bool> step(std::size_t bytes = 64 * 1024);

 private:
  Result<void> check_transaction(ByteView data);
  [[nodiscard]] Result<void> check_totals() const;

  std::shared_ptr<const CheckInput> input_;
  std::size_t next_ = 0;    ///< transaction
  std::size_t offset_ = 0;  ///< its first byte
  std::uint64_t weight_ = 0;
  std::uint64_t sigops_ = 0;
};

}  // namespace lode::node
