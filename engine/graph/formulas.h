// What each op computes as a formula, and what others call it: for help, beside what the op says of itself (op.h).
#pragma once
#include <span>
#include <string_view>

namespace engine {

struct Formula {
  const char* op;
  // Lines of plain Unicode in terms of the op's ports and fields; the first one is the result, the others say what it is made of or how fields
  // change it ("tanh: ..."). Words of more than three letters are names of the op or of functions. "": it computes nothing.
  const char* text;
  const char* note;   // sentences: what the letters stand for, and what a formula cannot say; "": none
  const char* torch;  // PyTorch's names in full, with commas: "nn.Linear"; "": it has none
  // Operators that an ONNX file gets, with commas; forms for other fields or opsets behind a bar: "Gemm | Transpose, MatMul, Add"; "": no operator.
  const char* onnx;
};

// Of all ops that a person can put into a network, by name.
std::span<const Formula> formulas();
const Formula* formulaOf(std::string_view op);  // null: there is none

}  // namespace engine
