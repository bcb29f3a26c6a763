// What the program's exit status says. Scripts rely on these numbers (docs/operations.md).
#pragma once

namespace lode::app {

enum ExitCode : int {
  kExitOk = 0,           ///< done, or stopped as asked
  kExitUsage = 1,        ///< unusable arguments, configuration or input
  kExitNoSource = 2,     ///< no source of work could be used
  kExitNoDevice = 3,     ///< no usable device or kernel
  kExitWrongResult = 4,  ///< bench: a kernel missed a solution or reported a false one
  kExitInvalid = 5,      ///< verify: the header or block breaks a rule
  kExitRefused = 6,      ///< every source refuses the credentials
};

}  // namespace lode::app
