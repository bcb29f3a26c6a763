#include "host/app/cpu_backend.h"
#include "host/app/cuda_backend.h"
#include "host/app/device_backend.h"
#include "host/app/node_scheme.h"
#include "host/app/opencl_backend.h"
#include "host/app/pool_scheme.h"
#include "host/app/source_scheme.h"

namespace lode::app {
namespace {

/// GPUs come first: left to itself, the program uses the GPUs of all backends, and the CPU where there is none.
constexpr DeviceBackend kDeviceBackends[] = {
    {.name = "cuda",
     .numbered = true,
     .describe = describe_cuda,
     .open = open_cuda,
     .tune = tune_cuda,
     .why_absent = why_no_cuda},
    {.name = "opencl",
     .numbered = true,
     .in_platforms = true,
     .describe = describe_opencl,
     .open = open_opencl,
     .tune = tune_opencl,
     .why_absent = why_no_opencl},
    {.name = "cpu", .numbered = false, .describe = describe_cpu, .open = open_cpu, .tune = tune_cpu},
};

constexpr SourceScheme kSourceSchemes[] = {
    {.name = "http", .default_port = 8332, .open = open_node},
    {.name = "https", .default_port = 8332, .open = open_node},
    {.name = "stratum+tcp", .open = open_pool},
    {.name = "stratum+ssl", .open = open_pool},
};

}  // namespace

std::span<const DeviceBackend> device_backends() {
  return kDeviceBackends;
}

std::span<const SourceScheme> source_schemes() {
  return kSourceSchemes;
}

}  // namespace lode::app
