// Sums over named axes, put together from products of matrices: "bij,bjk->bik". Two operands at a time become stacks of matrices: the
// axes that both have and that stay, those of one alone, and those that are added up over.
#include <algorithm>
#include <set>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/tensors.h"

namespace engine::formats::onnx {

namespace {

// Axes by name; those of an ellipsis are called '0', '1', ... counted from the last one.
struct Operand {
  Value value;
  std::string axes;
};

bool has(const std::string& axes, char axis) { return axes.find(axis) != std::string::npos; }

class Einsum {
 public:
  explicit Einsum(Reader& r) : r_(r) {}

  void read() {
    std::string equation = r_.word("equation", "");
    std::erase(equation, ' ');
    const size_t arrow = equation.find("->");
    const std::vector<std::string> terms = split(equation.substr(0, arrow));
    const size_t given = r_.node().inputs.size();
    if (terms.size() != given || given == 0) return r_.fail(Message("a term for each of {0} inputs", given), Message("{0}", equation));
    std::vector<Operand> operands;
    for (size_t i = 0; i < terms.size(); ++i) {
      const Value v = r_.in(int(i));
      if (!v) return;
      const std::string axes = named(terms[i], r_.shape(v).rank());
      if (r_.failed()) return;
      if (int(axes.size()) != r_.shape(v).rank()) return r_.fail(Message("a letter for each axis of {0}", r_.shape(v)), Message("{0}", terms[i]));
      operands.push_back({v, axes});
    }
    const std::string result = arrow == std::string::npos ? implied(operands) : named(equation.substr(arrow + 2), kOfOutput);
    for (size_t i = 0; i < result.size(); ++i) {
      const bool known = std::any_of(operands.begin(), operands.end(), [&](const Operand& o) { return has(o.axes, result[i]); });
      if (!known || result.find(result[i]) != i) return r_.fail("an output of different axes of the inputs", Message("{0}", equation));
    }
    for (size_t i = 0; i < operands.size() && !r_.failed(); ++i) {
      std::string others = result;
      for (size_t j = 0; j < operands.size(); ++j)
        if (j != i) others += operands[j].axes;
      operands[i] = summed(diagonal(operands[i]), others);
    }
    while (operands.size() > 1 && !r_.failed()) {
      std::string kept = result;
      for (size_t j = 2; j < operands.size(); ++j) kept += operands[j].axes;
      operands[1] = product(operands[0], operands[1], kept);
      operands.erase(operands.begin());
    }
    if (r_.failed()) return;
    const Value v = permuted(operands[0], result);
    r_.result(v == r_.in(0) ? r_.add("Identity", {}, {v}) : v);
  }

 private:
  static constexpr int kOfOutput = -1;  // whose axes nobody has counted

  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts = {""};
    for (char c : text)
      if (c == ',') parts.emplace_back();
      else parts.back() += c;
    return parts;
  }

  // The ellipsis as the axes that are left; in an output as those of the inputs.
  std::string named(const std::string& term, int rank) {
    const size_t dots = term.find("...");
    if (dots != std::string::npos && ellipsis_ < 0) ellipsis_ = 0;
    std::string axes;
    for (size_t i = 0; i < term.size(); ++i) {
      if (i == dots) {
        const int letters = int(term.size()) - 3, count = rank == kOfOutput ? ellipsis_ : std::max(rank - letters, 0);
        ellipsis_ = std::max(ellipsis_, count);
        for (int k = count; k-- > 0;) axes += char('0' + k);
        i += 2;
      } else if (std::isalpha(static_cast<unsigned char>(term[i]))) {
        axes += term[i];
      } else {
        r_.fail("letters, commas, an ellipsis and an arrow", Message("{0}", term));
        return {};
      }
    }
    return axes;
  }
  // Without an arrow: what is named once, in the order of the alphabet, behind the ellipsis.
  static std::string implied(const std::vector<Operand>& operands) {
    std::string all;
    for (const Operand& o : operands) all += o.axes;
    std::string dots;
    std::set<char> once;
    for (char c : all) {
      if (c >= '0' && c <= '9') {
        if (!has(dots, c)) dots += c;
      } else if (std::count(all.begin(), all.end(), c) == 1) {
        once.insert(c);
      }
    }
    std::sort(dots.rbegin(), dots.rend());
    return dots + std::string(once.begin(), once.end());
  }

  int64_t sizeOf(const Operand& o, char axis) const { return r_.shape(o.value)[int(o.axes.find(axis))]; }

  // Where an axis is named twice only what has the same place on both stays.
  Operand diagonal(Operand o) {
    for (size_t b = 0; b < o.axes.size(); ++b) {
      const size_t a = o.axes.find(o.axes[b]);
      if (a == b) continue;
      const Shape shape = r_.shape(o.value);
      const int64_t size = shape[int(a)];
      if (size < 0 || size != shape[int(b)] || size > (1 << 12)) {
        r_.fail("axes of one name and one known size", shape);
        return o;
      }
      Shape wide;
      for (int axis = 0; axis < shape.rank(); ++axis) wide.append(axis == int(a) || axis == int(b) ? size : 1);
      std::vector<uint8_t> same;
      for (int64_t i = 0; i < size * size; ++i) same.push_back(i / size == i % size);
      const Value mask = r_.given(tensorOf(Type::boolean, wide, same));
      o.value = r_.add("Where", {}, {mask, o.value, r_.single(0, r_.typeOf(o.value))});
      o.value = r_.add("Sum", {{"dim", std::vector<int64_t>{int64_t(b)}}}, {o.value});
      o.axes.erase(b--, 1);
    }
    return o;
  }

  // Without the axes that nobody else names.
  Operand summed(Operand o, const std::string& others) {
    std::vector<int64_t> gone;
    std::string left;
    for (size_t i = 0; i < o.axes.size(); ++i)
      if (has(others, o.axes[i])) left += o.axes[i];
      else gone.push_back(int64_t(i));
    if (!gone.empty()) o.value = r_.add("Sum", {{"dim", gone}}, {o.value});
    o.axes = left;
    return o;
  }

  Value permuted(const Operand& o, const std::string& order) {
    if (o.axes == order) return o.value;
    std::vector<int64_t> dims;
    for (char axis : order) dims.push_back(int64_t(o.axes.find(axis)));
    return r_.add("Permute", {{"dims", dims}}, {o.value});
  }

  // How many elements these axes have together; kUnknown where one of several is open.
  int64_t together(const Operand& o, const std::string& axes) const {
    Shape shape;
    for (char axis : axes) shape.append(sizeOf(o, axis));
    return shape.rank() == 1 ? shape[0] : shape.elements();
  }

  Operand product(const Operand& a, const Operand& b, const std::string& kept) {
    std::string stacked, ofA, ofB, joined;
    for (char axis : a.axes) (!has(b.axes, axis) ? ofA : has(kept, axis) ? stacked : joined) += axis;
    for (char axis : b.axes)
      if (!has(a.axes, axis)) ofB += axis;
    for (char axis : joined)
      if (!mayEqual(sizeOf(a, axis), sizeOf(b, axis))) {
        r_.fail(Message("{0} elements along an axis that both have", sizeOf(a, axis)), Message("{0}", sizeOf(b, axis)));
        return a;
      }
    Shape left, right, whole;
    for (char axis : stacked) {
      const int64_t p = sizeOf(a, axis), q = sizeOf(b, axis);
      left.append(p), right.append(q), whole.append(p == 1 ? q : p);
    }
    const int64_t rows = together(a, ofA), columns = together(b, ofB), inner = together(a, joined);
    for (char axis : ofA) whole.append(sizeOf(a, axis));
    for (char axis : ofB) whole.append(sizeOf(b, axis));
    left.append(rows), left.append(inner), right.append(inner), right.append(columns);
    if (stacked.size() + 2 > size_t(Shape::kMaxRank) || stacked.size() + ofA.size() + ofB.size() > size_t(Shape::kMaxRank) || rows == kUnknown || columns == kUnknown || inner == kUnknown) {
      r_.fail("axes of known sizes, and not too many", Message("{0} and {1}", a.axes, b.axes));
      return a;
    }
    const Value x = r_.reshaped(permuted(a, stacked + ofA + joined), left), y = r_.reshaped(permuted(b, stacked + joined + ofB), right);
    return {r_.reshaped(r_.add("MatMul", {}, {x, y}), whole), stacked + ofA + ofB};
  }

  Reader& r_;
  int ellipsis_ = -1;  // axes of the longest one
};

}  // namespace

Family einsum() {
  return {{}, {{"Einsum", [](Reader& r) { Einsum(r).read(); }}}};
}

}  // namespace engine::formats::onnx
