// Any bytes as an ONNX file: a network whose shapes can be inferred, or a problem; and a project of it, with what cannot be read as opaque
// nodes. Mutations know the structure: a model stays one, with numbers, names, nodes and tensors that do not belong there.
#include <onnx/onnx_pb.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "engine/document/json.h"
#include "engine/formats/import.h"
#include "engine/formats/onnx/any_size.h"
#include "engine/formats/opaque.h"

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int64_t kTelling[] = {0, 1, -1, 2, 3, 7, 8, 9, 13, 64, 255, 65536, 2147483647, -2147483648, int64_t(1) << 40, INT64_MAX, INT64_MIN};
const char* const kWords[] = {"", "x", "y", "X", "Y", "Add", "Reshape", "Conv", "LSTM", "Gather", "Slice", "Expand", "Concat", "Constant", "If", "SAME_UPPER", "axis", "axes", "shape", "N"};

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  // Somewhere in the message, a field is another one.
  void mutate(Message& message, int depth = 0) {
    const auto* type = message.GetDescriptor();
    const Reflection* fields = message.GetReflection();
    if (type->field_count() == 0) return;
    std::vector<const FieldDescriptor*> set;
    fields->ListFields(message, &set);
    // Mostly what is there; now and then what is not.
    const FieldDescriptor* field = set.empty() || below(8) == 0 ? type->field(int(below(size_t(type->field_count())))) : set[below(set.size())];
    if (field->is_repeated()) return repeated(message, *fields, field, depth);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return mutate(*fields->MutableMessage(&message, field), depth + 1);
    if (below(6) == 0) return fields->ClearField(&message, field);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32: return fields->SetInt32(&message, field, int32_t(telling()));
      case FieldDescriptor::CPPTYPE_INT64: return fields->SetInt64(&message, field, telling());
      case FieldDescriptor::CPPTYPE_UINT64: return fields->SetUInt64(&message, field, uint64_t(telling()));
      case FieldDescriptor::CPPTYPE_FLOAT: return fields->SetFloat(&message, field, float(telling()) / float(1 + below(9)));
      case FieldDescriptor::CPPTYPE_DOUBLE: return fields->SetDouble(&message, field, double(telling()));
      case FieldDescriptor::CPPTYPE_ENUM: return fields->SetEnumValue(&message, field, field->enum_type()->value(int(below(size_t(field->enum_type()->value_count()))))->number());
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string text = fields->GetString(message, field);
        if (below(2) || text.empty()) text = kWords[below(std::size(kWords))];
        else text.resize(below(text.size() + 1));
        return fields->SetString(&message, field, text);
      }
      default: return;
    }
  }

 private:
  size_t below(size_t n) { return n ? size_t(random_() % n) : 0; }
  int64_t telling() { return kTelling[below(std::size(kTelling))]; }

  void repeated(Message& message, const Reflection& fields, const FieldDescriptor* field, int depth) {
    const int count = fields.FieldSize(message, field);
    const auto any = [&] { return int(below(size_t(count))); };
    const bool isMessage = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    switch (below(isMessage ? 8 : 4)) {
      case 0:
        if (count > 0) fields.RemoveLast(&message, field);
        return;
      case 1:
        if (count > 1) fields.SwapElements(&message, field, any(), any());
        return;
      case 2:
        if (isMessage) {
          const std::unique_ptr<Message> copy(count ? fields.GetRepeatedMessage(message, field, any()).New() : nullptr);
          if (copy) copy->CopyFrom(fields.GetRepeatedMessage(message, field, any()));
          Message* added = fields.AddMessage(&message, field);
          if (copy) added->CopyFrom(*copy);
        } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
          fields.AddInt64(&message, field, telling());
        } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
          fields.AddString(&message, field, kWords[below(std::size(kWords))]);
        }
        return;
      default: break;
    }
    if (count == 0) return;
    if (isMessage) return mutate(*fields.MutableRepeatedMessage(&message, field, any()), depth + 1);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) fields.SetRepeatedInt64(&message, field, any(), telling());
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) fields.SetRepeatedFloat(&message, field, any(), float(telling()));
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) fields.SetRepeatedString(&message, field, any(), count > 1 && below(2) ? fields.GetRepeatedString(message, field, any()) : kWords[below(std::size(kWords))]);
  }

  std::mt19937_64 random_;
};

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* bytes, size_t size, size_t mostBytes, unsigned seed) {
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes, int(size))) return size;
  Mutator mutator(seed);
  for (unsigned times = 1 + seed % 3; times > 0; --times) mutator.mutate(model);
  const size_t now = model.ByteSizeLong();
  if (now > mostBytes || !model.SerializePartialToArray(bytes, int(now))) return size;
  return now;
}

[[noreturn]] static void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto imported = engine::formats::onnx::read(text, "fuzzed.onnx");
  if (imported) {
    if (imported->outputs.empty()) fail("a network without an output");
    (void)engine::infer(imported->network, {imported->batch.value_or(engine::kBatch), false, engine::Type::f32});
  } else if (toString(imported.error()).empty()) {
    fail("a problem without words");
  }
  engine::formats::onnx::ReadOptions options;
  options.imports = true;
  const auto kept = engine::formats::onnx::read(text, "fuzzed.onnx", options);
  if (imported && !kept) fail("read, but not with opaque nodes allowed: " + toString(kept.error()));
  if (!kept) return 0;
  // What is open stays so: whatever is found of sizes, the network is one that can be looked at.
  if (const auto parsed = engine::formats::onnx::parse(text, "fuzzed.onnx"); parsed && text.size() < (size_t(1) << 14)) {
    engine::formats::onnx::ReadOptions sized = options;
    for (const engine::formats::onnx::OpenAxis& axis : engine::formats::onnx::openAxes(*parsed)) sized.sizes[axis.key] = 8;
    if (auto first = engine::formats::onnx::read(*parsed, "fuzzed.onnx", sized); first && !sized.sizes.empty()) {
      const auto any = engine::formats::onnx::forAnySize(*parsed, "fuzzed.onnx", sized, *std::move(first));
      const auto again = engine::formats::documentOf(any.imported, "fuzzed");
      if (!again) fail("no project of any size: " + toString(again.error()));
      if (!engine::document::parse(print(again->document))) fail("a project of any size that cannot be opened");
    }
  }
  const auto model = engine::formats::documentOf(*kept, "fuzzed");
  if (!model) fail("no project: " + toString(model.error()));
  // What was made of it can be saved and opened.
  const auto again = engine::document::parse(print(model->document));
  if (!again) fail("a project that cannot be opened: " + toString(again.error()));
  if (print(*again) != print(model->document)) fail("another project when it is opened again:\n" + print(model->document) + print(*again));
  // And with what could not be read it goes out again, where it can, as something that comes in.
  if (!engine::formats::holdsOpaque(*again)) return 0;
  const auto out = engine::formats::writeOpaque(*again, *model->weights, "fuzzed.onnx", {}, {});
  if (!out && toString(out.error()).empty()) fail("a problem of writing without words");
  return 0;
}
