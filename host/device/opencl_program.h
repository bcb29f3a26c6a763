// From OpenCL C to a program that runs: out of the store of compiled ones where that works, else compiled.
//
// Used by the thread that opens a session. Compiling takes from half a second to a minute, the driver decides.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/result.h"
#include "host/device/opencl_binary.h"
#include "host/device/opencl_driver.h"
#include "host/device/opencl_gpu.h"

namespace lode::device {

/// What surrounds the making of programs. Each member may be empty.
struct OpenClProgramHelp {
  std::shared_ptr<OpenClBinaryStore> store = {};
  std::function<void(const std::string&)> warn = {};  ///< one sentence
  /// What a program comes from: "compiled in 1.2 s", "from the cache". Once a program.
  std::function<void(const std::string&)> note = {};
};

/// A built program; the caller releases it. Whatever is wrong with a stored one, it is compiled anew. Error: kDevice;
/// where the compiler does not take the source, with what it says about it.
Result<OpenClProgram> make_program(OpenClDriver& driver, OpenClContext context, const OpenClGpu& gpu,
                                   std::string_view source, const std::string& options, const OpenClProgramHelp& help);

/// Of a build log what fits into a sentence or two: the lines that tell of errors, or the first ones; without control
/// characters, at most 600 characters.
std::string relevant_lines(std::string_view log);

}  // namespace lode::device
