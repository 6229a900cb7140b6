// How much memory this process may take: what the machine has, or what its control group leaves it, as in a container or under a
// cluster's scheduler.
#pragma once
#include <cstdint>
#include <string>

namespace engine::data {

// Bytes. The smaller one of the machine's memory and the limits of this process's control group and those around it; asked once.
int64_t memoryOfMachine();

// The smallest limit for a process whose /proc/self/cgroup is `groups`, where the file systems of control groups lie below `root`
// (/sys/fs/cgroup); INT64_MAX: none. Of both versions: memory.max of 2, memory.limit_in_bytes below memory/ of 1.
// Source: Linux, Documentation/admin-guide/cgroup-v2.rst ("Memory Interface Files") and cgroup-v1/memory.rst.
int64_t limitOfGroups(const std::string& groups, const std::string& root);

}  // namespace engine::data
