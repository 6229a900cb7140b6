// The CUDA half of every op file, compiled by g++ and run by the stand-in runtime: each example gives what the processor
// gives, in the natural order of threads and in permuted ones, without a copy to or from the host; and no kernel of it is the
// work of one thread.
#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cxxabi.h>

#include <QTest>
#include <map>

#include "cuda_on_cpu.h"
#include "engine/plan/cuda_run.h"
#include "tests/engine/op_run.h"

using namespace engine;
using namespace engine::tests;
using cuda_on_cpu::Threads;

extern "C" void column_cuda(void (*take)(void*, const OpFile&), void* to);

namespace {

// From the command line.
std::string onlyOp;                                            // --op NAME
std::vector<std::string> orders = {"natural", "1", "2", "3"};  // --order, the only one

constexpr int64_t kManyElements = 32;         // results larger than this must have several writers
constexpr size_t kMostWatchedBytes = 8 << 10;  // each turn of a thread compares them all
constexpr size_t kWorkspaceBytes = 1 << 20;

class DeviceMemory {
 public:
  explicit DeviceMemory(size_t bytes) { cudaMalloc(&data_, bytes ? bytes : 1); }
  ~DeviceMemory() { cudaFree(data_); }
  DeviceMemory(DeviceMemory&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  DeviceMemory(const DeviceMemory&) = delete;
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
};

class Device {
 public:
  Device() : workspace_(kWorkspaceBytes) {
    cublasCreate(&cuda.blas);
    cublasSetStream(cuda.blas, cuda.stream);
    cublasSetWorkspace(cuda.blas, workspace_.data(), kWorkspaceBytes);
  }
  ~Device() { cublasDestroy(cuda.blas); }
  Cuda cuda;

 private:
  DeviceMemory workspace_;
};

// Runs a case on the stand-in; gives the results in the order of OpRun::results(), or throws cuda_on_cpu::Error. With
// `failing` the first call of the kernel is refused.
std::vector<std::vector<double>> runOnDevice(const OpCase& c, const std::vector<std::vector<double>>& values,
                                             const StepState& step, std::string& wrong, bool failing = false) {
  const Kernel<Cuda>& kernel = c.type().cuda;
  Device device;
  std::vector<DeviceMemory> memory;
  std::vector<Tensor> inputs, outputs;
  const auto place = [&](const ValueInfo& info) {
    const Tensor host{nullptr, info.shape, info.type};
    memory.emplace_back(size_t(host.bytes()));
    return Tensor{memory.back().data(), info.shape, info.type};
  };
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    if (!c.connected(int(i))) {
      inputs.emplace_back();
      continue;
    }
    inputs.push_back(place(c.inputs[i]));
    GuardedTensor host(c.inputs[i]);
    host.write(values[i]);
    cudaMemcpy(inputs.back().data, host.tensor.data, size_t(host.tensor.bytes()), cudaMemcpyHostToDevice);
  }
  for (const ValueInfo& info : c.outputs) outputs.push_back(place(info));
  std::vector<Tensor> results = outputs;
  for (int i : c.type().info.updates)
    if (c.connected(i)) results.push_back(inputs[size_t(i)]);

  memory.emplace_back(sizeof(StepState));
  cudaMemcpy(memory.back().data(), &step, sizeof step, cudaMemcpyHostToDevice);
  Call call{inputs.data(), outputs.data(), int(inputs.size()), int(outputs.size()), OpRun::kKey, nullptr, nullptr,
            static_cast<const StepState*>(memory.back().data())};
  Preparation preparation;
  preparation.call = call;
  if (kernel.prepare) kernel.prepare(device.cuda, c.op.data(), preparation);
  const DeviceMemory scratch(size_t(preparation.scratchBytes));
  call.scratch = scratch.data(), call.prepared = preparation.kept.get();

  const bool natural = cuda_on_cpu::order() == "natural";
  if (natural)
    for (const Tensor& t : outputs)
      if (t.elements() > kManyElements) cuda_on_cpu::watch(t.data, std::min(size_t(t.bytes()), kMostWatchedBytes));
  const size_t allocations = cuda_on_cpu::allocations(), copies = cuda_on_cpu::hostCopies();
  if (failing) cuda_on_cpu::failAfter(0);
  Done done = runOnCuda(device.cuda, c.op, call);
  if (done) done = waitForCuda(device.cuda);
  const bool silent = done && cudaPeekAtLastError() != cudaSuccess;
  cudaGetLastError();  // and forgets it
  if (!done) wrong = std::to_string(done.error().node) + ": " + toString(done.error());
  else if (silent) wrong = "a CUDA call failed, and nobody kept its result";
  if (cuda_on_cpu::allocations() != allocations) wrong = "run() allocates device memory";
  if (cuda_on_cpu::hostCopies() != copies) wrong = "run() copies between host and device";
  if (natural)
    for (const Tensor& t : outputs)
      if (t.elements() > kManyElements && cuda_on_cpu::writers(t.data) < 2) wrong = "one thread wrote all of an output";
  cuda_on_cpu::unwatch();

  std::vector<std::vector<double>> read;
  for (const Tensor& t : results) {
    GuardedTensor host({t.shape, t.type});
    cudaMemcpy(host.tensor.data, t.data, size_t(t.bytes()), cudaMemcpyDeviceToHost);
    read.push_back(host.read());
  }
  return read;
}

// The parameters' types of a kernel; its functor, if it has one, is among them.
std::string nameOf(const std::type_info& kernel) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(kernel.name(), nullptr, nullptr, &status), std::free);
  return name ? name.get() : kernel.name();
}

bool sameBits(const std::vector<std::vector<double>>& a, const std::vector<std::vector<double>>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0);
  });
}

// The kernels that are the work of one thread, by the op and a part of their name, and why.
struct OneThread {
  const char *op, *kernel, *why;
};
constexpr OneThread kOneThread[] = {
    {"BatchNormUpdate", "{lambda(long)#2}", "one batch more: a single number"},
    {"GradientNorm", "RootOfSums", "the root of a sum of one number a parameter"},
    {"OptimizerSweep", "FactorOfNorm", "by how much the gradient is shortened: a single number"},
};

}  // namespace

class OpsCudaTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { takeCudaColumn(column_cuda); }

  // Whatever runs on the processor runs on the device.
  void nothingIsMissing() {
    for (const OpType* type : allOps()) QVERIFY2(bool(type->cpu[0].run) == bool(type->cuda.run), type->info.name);
  }

  void examples_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("index");
    for (const OpType* type : allOps())
      if ((onlyOp.empty() || onlyOp == type->info.name) && type->examples && type->cuda.run)
        for (int i = 0; i < int(type->examples().size()); ++i)
          QTest::addRow("%s/%d", type->info.name, i) << QString(type->info.name) << i;
  }
  void examples() {
    QFETCH(QString, name);
    QFETCH(int, index);
    const OpType& type = *findOp(name.toStdString());
    const Example example = type.examples()[size_t(index)];
    const OpCase c = makeCase(type, example, Type::f32);
    const auto values = drawInputs(c);
    OpRun cpu(c, type.cpu[0]);
    cpu.all(values);
    const auto expected = cpu.results();
    for (const std::string& order : orders) {
      cuda_on_cpu::setOrder(order);
      std::string wrong;
      std::vector<std::vector<double>> got;
      try {
        got = runOnDevice(c, values, cpu.step, wrong);
      } catch (const cuda_on_cpu::Error& error) {
        cuda_on_cpu::unwatch();
        wrong = error.what();
      }
      QVERIFY2(wrong.empty(), (order + ": " + wrong).c_str());
      QCOMPARE(got.size(), expected.size());
      for (size_t i = 0; i < got.size(); ++i) {
        const double apart = distance(got[i], expected[i]->read(), !isFloating(expected[i]->tensor.type));
        QVERIFY2(apart <= 2 * example.tolerance, (order + " order: CPU and CUDA differ by " + std::to_string(apart)).c_str());
      }
    }
  }

  // Of each kernel more than one thread is needed: in some example the results are others when all but the first thread see nothing
  // of the device's memory; or, of kernels that never read there, when the others do not begin.
  void everyKernelNeedsManyThreads_data() {
    QTest::addColumn<QString>("name");
    for (const OpType* type : allOps())
      if ((onlyOp.empty() || onlyOp == type->info.name) && type->examples && type->cuda.run) QTest::newRow(type->info.name) << QString(type->info.name);
  }
  void everyKernelNeedsManyThreads() {
    QFETCH(QString, name);
    cuda_on_cpu::setOrder("reverse");  // any, but the one in which memory is watched
    const OpType& type = *findOp(name.toStdString());
    struct Kernel {
      std::string name;
      bool reads = false, needsOthersToRead = false, needsOthers = false;
      bool shown() const { return reads ? needsOthersToRead : needsOthers; }
    };
    std::map<const void*, Kernel> kernels;
    for (const Example& example : type.examples()) {
      const OpCase c = makeCase(type, example, Type::f32);
      const auto values = drawInputs(c);
      const StepState step = OpRun(c, type.cpu[0]).step;
      const auto run = [&](const cuda_on_cpu::HandicapOf& ask) {
        std::string ignored;
        cuda_on_cpu::setHandicap(ask);
        const auto reset = qScopeGuard([] { cuda_on_cpu::setHandicap({}); });
        return runOnDevice(c, values, step, ignored);
      };
      const auto expected = run([&](const void* kernel, const std::type_info& its) {
        kernels[kernel].name = nameOf(its);
        return Threads::work;
      });
      const auto differsWith = [&](const void* kernel, Threads handicap) {
        try {
          return !sameBits(run([&](const void* each, const std::type_info&) { return each == kernel ? handicap : Threads::work; }), expected);
        } catch (const cuda_on_cpu::Error&) {
          return true;  // an index that is none, or nobody where others should be met
        }
      };
      for (auto& [address, kernel] : kernels) {
        if (kernel.reads && kernel.shown()) continue;
        kernel.reads |= differsWith(address, Threads::allBlind);
        if (kernel.reads) kernel.needsOthersToRead |= differsWith(address, Threads::othersBlind);
        else kernel.needsOthers |= differsWith(address, Threads::firstAlone);
      }
    }
    std::erase_if(kernels, [](const auto& each) { return each.second.shown(); });
    for (const OneThread& known : kOneThread)
      if (name == known.op) {
        const size_t count = std::erase_if(kernels, [&](const auto& each) { return each.second.name.find(known.kernel) != std::string::npos; });
        QVERIFY2(count > 0, (std::string(known.kernel) + " needs more than one thread, and is told to need one").c_str());
      }
    std::string one;
    for (const auto& [address, kernel] : kernels) one += (one.empty() ? "" : "; ") + kernel.name;
    QVERIFY2(one.empty(), ("the first thread does everything in " + one).c_str());
  }

  // A kernel's launch, a copy and a product that fail: each a sentence that names the call, the op and its node.
  void failuresNameTheirPlace_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("text");
    QTest::newRow("launch") << "ReLU" << "cudaLaunchKernelEx to work on the CUDA device, for ReLU, but got \"too many resources";
    QTest::newRow("copy") << "Reshape" << "cudaMemcpyAsync to work on the CUDA device, for Reshape, but got \"too many resources";
    QTest::newRow("product") << "MatMul" << "cublasSgemmStridedBatched to work on the CUDA device, for MatMul, but got \"";
  }
  void failuresNameTheirPlace() {
    QFETCH(QString, name);
    QFETCH(QString, text);
    cuda_on_cpu::setOrder("natural");
    const OpType& type = *findOp(name.toStdString());
    const OpCase c = makeCase(type, type.examples()[0], Type::f32);
    const auto values = drawInputs(c);
    std::string wrong;
    runOnDevice(c, values, {}, wrong, true);
    const QString expected = QString::number(OpRun::kKey) + ": needs " + text;
    QVERIFY2(QString::fromStdString(wrong).startsWith(expected), wrong.c_str());
    QVERIFY2(QString::fromStdString(wrong).contains("--device cpu"), wrong.c_str());
    wrong.clear();
    runOnDevice(c, values, {}, wrong);  // another device is not concerned
    QVERIFY2(wrong.empty(), wrong.c_str());
  }

  void leavesNothingBehind() {
    QCOMPARE(cuda_on_cpu::allocatedBytes(), size_t(0));
    QCOMPARE(cuda_on_cpu::liveHandles(), size_t(0));
  }
};

int main(int count, char** arguments) {
  QStringList rest;
  for (int i = 0; i < count; ++i)
    if (std::string(arguments[i]) == "--op" && i + 1 < count) onlyOp = arguments[++i];
    else if (std::string(arguments[i]) == "--order" && i + 1 < count) orders = {arguments[++i]};
    else rest.append(arguments[i]);
  OpsCudaTest test;
  return QTest::qExec(&test, rest);
}
#include "ops_cuda_test.moc"
