// What the tests of CUDA code share: memory of the stand-in's device, numbers to fill it with, its errors as text.
#pragma once
#include <QString>
#include <QTest>
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "cuda_on_cpu.h"
#include "cuda_runtime.h"

namespace cuda_on_cpu {

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) { cudaMalloc(&data_, std::max<size_t>(count, 1) * sizeof(T)); }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    cudaMemcpy(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice);
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  T* data() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> result(count_);
    cudaMemcpy(result.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost);
    return result;
  }

 private:
  T* data_ = nullptr;
  size_t count_;
};

inline std::vector<float> ramp(int count) {
  std::vector<float> result;
  for (int i = 0; i < count; ++i) result.push_back(float(i % 13) - 5 + 0.25f * float(i % 7));
  return result;
}

// After a test function: the device is as it was found.
inline void verifyNothingIsLeft() {
  unwatch();
  setDevice(true);
  QCOMPARE(allocatedBytes(), size_t(0));
  QCOMPARE(liveHandles(), size_t(0));
}

// The text of the stand-in's error, or nothing if there was none.
inline std::string errorOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

#define VERIFY_CONTAINS(text, part) \
  QVERIFY2(QString::fromStdString(text).contains(part), ("got: " + std::string(text)).c_str())

}  // namespace cuda_on_cpu
