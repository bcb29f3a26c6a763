// A word that writes down what is done with it, for kernels/gpu/hash.h: with it the hash becomes OpenCL C, a constant
// for each value. What has only constants as operands is done at once; what nothing needs is not written.
//
// Belongs to the generator of the source, a program that runs when lode is built. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/core/sha256.h"
#include "kernels/gpu/hash.h"
#include "kernels/gpu/portable.h"

namespace lode::kernels::opencl {

class Recording;

/// A constant, or a value of a recording.
class RecordedWord {
 public:
  RecordedWord() = default;
  RecordedWord(std::uint32_t constant) : constant_(constant) {}  // NOLINT: constants mix with words
  RecordedWord(Recording& recording, std::size_t value) : recording_(&recording), value_(value) {}

  [[nodiscard]] bool is_constant() const { return recording_ == nullptr; }
  [[nodiscard]] bool is(std::uint32_t constant) const { return is_constant() && constant_ == constant; }
  [[nodiscard]] std::uint32_t constant() const { return constant_; }
  [[nodiscard]] Recording* recording() const { return recording_; }
  [[nodiscard]] std::size_t value() const { return value_; }

 private:
  Recording* recording_ = nullptr;
  std::size_t value_ = 0;
  std::uint32_t constant_ = 0;
};

/// The values of one function, in the order in which they came to be.
class Recording {
 public:
  /// A value that is given: an expression without side effects.
  RecordedWord given(std::string expression) {
    values_.push_back({.form = std::move(expression), .operands = {}, .is_given = true});
    return {*this, values_.size() - 1};
  }
  /// `form` with each @ replaced by the next operand.
  RecordedWord made(std::string form, std::vector<RecordedWord> operands) {
    values_.push_back({.form = std::move(form), .operands = std::move(operands), .is_given = false});
    return {*this, values_.size() - 1};
  }
  /// `form` is a statement, whose operands are needed.
  void stated(std::string form, std::vector<RecordedWord> operands) {
    made(std::move(form), std::move(operands));
    values_.back().is_statement = true;
  }

  /// The statements, and what they need, one a line.
  [[nodiscard]] std::string text() const {
    std::vector<bool> needed(values_.size());
    for (std::size_t i = values_.size(); i-- > 0;) {
      if (values_[i].is_statement) needed[i] = true;
      if (!needed[i]) continue;
      for (const RecordedWord& operand : values_[i].operands) {
        if (!operand.is_constant()) needed[operand.value()] = true;
      }
    }
    std::string text;
    std::vector<std::size_t> names(values_.size());
    std::size_t next_name = 0;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const Value& value = values_[i];
      if (!needed[i] || value.is_given) continue;
      text += "  ";
      if (!value.is_statement) {
        names[i] = next_name++;
        text += "const word_t v" + std::to_string(names[i]) + " = ";
      }
      std::size_t operand = 0;
      for (const char c : value.form) {
        if (c == '@') {
          text += name_of(value.operands.at(operand++), names);
        } else {
          text += c;
        }
      }
      text += ";\n";
    }
    return text;
  }

 private:
  struct Value {
    std::string form;
    std::vector<RecordedWord> operands;
    bool is_given = false;
    bool is_statement = false;
  };

  [[nodiscard]] std::string name_of(const RecordedWord& word, const std::vector<std::size_t>& names) const {
    if (word.is_constant()) return "LODE_WORD(" + std::to_string(word.constant()) + "u)";
    const Value& value = values_.at(word.value());
    return value.is_given ? value.form : "v" + std::to_string(names.at(word.value()));
  }

  std::vector<Value> values_;
};

/// What `compute` makes of the constants, or a value that is written as `form`.
template <class Compute, class... Words>
RecordedWord record(const char* form, Compute compute, const Words&... words) {
  Recording* recording = nullptr;
  ((recording = words.is_constant() ? recording : words.recording()), ...);
  if (recording == nullptr) return compute(words.constant()...);
  return recording->made(form, {words...});
}

// --- The operations of kernels/gpu/portable.h and hash.h. They are found by their operands.

inline RecordedWord operator+(RecordedWord x, RecordedWord y) {
  if (x.is(0)) return y;
  if (y.is(0)) return x;
  return record(
      "@ + @", [](std::uint32_t a, std::uint32_t b) { return a + b; }, x, y);
}
inline RecordedWord operator>>(RecordedWord x, std::uint32_t bits) {
  const std::string form = "@ >> " + std::to_string(bits) + "u";
  return record(
      form.c_str(), [bits](std::uint32_t a) { return a >> bits; }, x);
}
inline RecordedWord rotate(RecordedWord x, std::uint32_t bits) {
  const std::string form = "LODE_ROTATE(@, " + std::to_string(bits) + ")";
  return record(
      form.c_str(), [bits](std::uint32_t a) { return std::rotr(a, static_cast<int>(bits)); }, x);
}
inline RecordedWord xor_three(RecordedWord x, RecordedWord y, RecordedWord z) {
  return record("LODE_XOR3(@, @, @)", &gpu::xor_three, x, y, z);
}
inline RecordedWord choose(RecordedWord e, RecordedWord f, RecordedWord g) {
  return record("LODE_CHOOSE(@, @, @)", &lode::kernels::choose<std::uint32_t>, e, f, g);
}
inline RecordedWord most(RecordedWord a, RecordedWord b, RecordedWord c) {
  return record(
      "LODE_MAJORITY(@, @, @)", [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return gpu::most(x, y, z); }, a,
      b, c);
}
inline RecordedWord multiply_add(RecordedWord x, RecordedWord y, RecordedWord z) {
  return record("LODE_MAD(@, @, @)", &gpu::multiply_add, x, y, z);
}
inline RecordedWord multiply_high_add(RecordedWord x, RecordedWord y, RecordedWord z) {
  return record("LODE_MAD_HI(@, @, @)", &gpu::multiply_high_add, x, y, z);
}
inline RecordedWord add_three(RecordedWord x, RecordedWord y, RecordedWord z) {
  return record("LODE_ADD3(@, @, @)", &gpu::add_three, x, y, z);
}

/// For Pipes and all that is built on them.
struct RecordedTypes {
  using Word = RecordedWord;
  using Tail = BasicTailPlan<RecordedWord>;
  using Midstate = gpu::BasicMidstateParams<RecordedWord>;
};

}  // namespace lode::kernels::opencl
