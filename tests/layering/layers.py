"""The architecture's table: which folder may include which, and where a foreign library may appear.

Written as data to be read by people; check_includes.py applies it. docs/architecture.md explains it.
"""

# folder -> the folders of ours that its files may include, besides itself. A folder that is not named here may not exist.
FOLDERS = {
    "kernels/core": [],
    "kernels/cpu": ["kernels/core"],
    "kernels/gpu": ["kernels/core"],
    "kernels/cuda": ["kernels/core", "kernels/gpu"],
    "kernels/opencl": ["kernels/core", "kernels/gpu"],
    "host/base": [],
    "host/chain": ["host/base"],
    "host/work": ["host/base", "host/chain", "kernels/core"],
    "host/store": ["host/base", "host/chain"],
    "host/net": ["host/base"],
    "host/device": ["host/base", "host/chain", "host/work", "kernels/core"],
    "host/node": ["host/base", "host/chain", "host/work", "host/net"],
    "stratum/v1": ["host/base", "host/chain", "host/work", "host/net"],
    "stratum/v2": ["host/base", "host/chain", "host/work", "host/net"],
    "stratum/server": ["host/base", "host/chain", "host/work", "host/net"],
    "host/engine": ["host/base", "host/chain", "host/work", "host/device", "host/store", "host/net"],
    "host/api": ["host/base", "host/chain", "host/work", "host/store"],
    "host/app": ["*"],
    "bench": ["*"],
}

# file (a pattern) -> folders it may include beyond those of its folder: a device reaches its own kernels, no other's.
FILES = {
    "host/device/cpu_*": ["kernels/cpu"],
    "host/device/gpu_*": ["kernels/gpu"],
    "host/device/cuda_*": ["kernels/gpu", "kernels/cuda"],
    "host/device/opencl_*": ["kernels/gpu", "kernels/opencl"],
}

# Nobody includes these, whatever the table says ("*" included). Tests may.
INCLUDED_BY_NOTHING = ["host/app", "bench"]

# library -> (patterns of its headers, patterns of the files that may include them)
LIBRARIES = {
    "Asio": (["boost/asio*", "boost/beast*"],
             ["host/net/*", "host/node/*", "stratum/*", "host/engine/*", "host/api/*", "host/app/*", "bench/*"]),
    "JSON": (["boost/json*", "nlohmann/*", "simdjson*"],
             ["host/node/*", "stratum/v1/*", "stratum/server/*", "host/api/*", "host/app/*"]),
    "spdlog": (["spdlog/*"], ["host/base/*", "host/app/*"]),
    "OpenSSL": (["openssl/*"], ["host/base/*", "host/chain/*", "host/net/*", "host/node/*", "stratum/*", "host/app/*"]),
    "hwloc": (["hwloc*"], ["host/device/cpu_topology_hwloc.cpp"]),
    "CUDA": (["cuda*", "nv/*", "cub/*", "thrust/*", "cooperative_groups*"], ["kernels/cuda/*", "host/device/cuda_*"]),
    "OpenCL": (["CL/*"], ["host/device/opencl_*"]),
    "CLI11 and toml++": (["CLI/*", "toml++/*", "toml.hpp"], ["host/app/*"]),
    "the test libraries": (["gtest/*", "gmock/*", "rapidcheck*"], []),
    "Google Benchmark": (["benchmark/*"], ["bench/*"]),
}

# file -> headers it may include although its folder may not
EXCEPTIONS = {
    # A source and a sink are coroutines; of Asio they know the return type and nothing else.
    "host/work/source.h": ["boost/asio/awaitable.hpp"],
    "host/work/sink.h": ["boost/asio/awaitable.hpp"],
    # The cases that all kernels are tried with, and the GPU that a CPU plays, are run on machines without a test library.
    "bench/gpu/session_checks.cpp": ["tests/kernels/kernel_cases.h"],
    "bench/gpu/grid_checks.cpp": ["tests/kernels/kernel_cases.h"],
    "bench/gpu/planted_scan.cpp": ["tests/kernels/kernel_cases.h"],
    "bench/gpu/gpu_under_test.cpp": ["tests/device/fake_cuda.h", "tests/kernels/headers.h"],
    "bench/gpu/opencl_under_test.cpp": ["tests/device/fake_opencl.h"],
}
