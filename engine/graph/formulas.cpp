// What ops compute, as a textbook has it. The ops' own files are what this table must agree with; PyTorch's documentation is the reference of both.
#include "engine/graph/formulas.h"

#include <algorithm>

namespace engine {

namespace {

// Marks a sentence for translators: formulas and names are not translated (packaging/texts).
constexpr const char* note(const char* text) { return text; }

constexpr const char* kBatchNormNote =
    note("For each channel. In training μ and σ² are mean and variance of its n numbers in the batch; afterwards they are running_mean and "
         "running_var, if track_running_stats is on. cumulative_average: 1 / (number of batches so far) in the place of momentum. γ: weight, β: "
         "bias, where affine is on.");
constexpr const char* kInstanceNormNote = note("μ and σ² are mean and variance of each channel of each sample. γ: weight, β: bias, where affine is on.");
constexpr const char* kMaxPoolNote =
    note("A stride of 0 is kernel_size. ceil_mode: rounded up, if the last window then begins within x or its first padding. The padding "
         "is −∞.");
constexpr const char* kAvgPoolNote =
    note("A stride of 0 is kernel_size. m: how many places of the window count, with count_include_pad those in the padding too. ceil_mode: "
         "rounded up, if the last window then begins within x or its first padding; what hangs over never counts.");
constexpr const char* kConvTransposeNote = note("Σ goes over the channels c of o's group and over all places that meet in this one. W: weight, b: bias.");
constexpr const char* kReductionNote = note("reduction sum: the sum in place of the mean.");
constexpr const char* kOverDimNote = note("i runs over all elements along the axes in dim.");
constexpr const char* kBatchNorm =
    "y = γ (x − μ) / √(σ² + eps) + β\n"
    "running_mean ← (1 − momentum) · running_mean + momentum · μ\n"
    "running_var ← (1 − momentum) · running_var + momentum · σ² n / (n − 1)";

// By the ops' names: found by halving.
constexpr Formula kFormulas[] = {
    {"Abs", "y = |x|", "", "torch.abs", "Abs"},
    {"Accuracy", "accuracy = mean(argmax(prediction) = target)",
     note("Over the samples whose target is not ignore_index; argmax goes over the classes."),
     "", ""},
    {"Acos", "cos(y) = x, 0 ≤ y ≤ π", "", "torch.acos", "Acos"},
    {"Acosh", "y = log(x + √(x² − 1))", "", "torch.acosh", "Acosh"},
    {"AdaptiveAvgPool2d",
     "y[n, c, i, j] = mean x[n, c, i′, j′]\n"
     "⌊i · H / h⌋ ≤ i′ < ⌈(i + 1) · H / h⌉, ⌊j · W / w⌋ ≤ j′ < ⌈(j + 1) · W / w⌉",
     note("H × W: height and width of x; h × w: output_size."),
     "nn.AdaptiveAvgPool2d", "GlobalAveragePool | AveragePool"},
    {"Add", "y = a + b", "", "torch.add", "Add"},
    {"Arange", "yᵢ = i, 0 ≤ i < n", note("n: the size of x along dim."), "torch.arange", "Shape, Gather, Range"},
    {"ArgMax", "index = argmaxᵢ xᵢ", note("i runs along the axis dim; of several largest the first one counts."), "torch.argmax", "ArgMax"},
    {"Asin", "sin(y) = x, −π/2 ≤ y ≤ π/2", "", "torch.asin", "Asin"},
    {"Asinh", "y = log(x + √(x² + 1))", "", "torch.asinh", "Asinh"},
    {"Atan", "tan(y) = x, −π/2 < y < π/2", "", "torch.atan", "Atan"},
    {"Atanh", "y = log((1 + x) / (1 − x)) / 2", "", "torch.atanh", "Atanh"},
    {"AvgPool1d",
     "y[n, c, i] = 1/m · Σᵤ x[n, c, stride · i + u − padding]\n"
     "size of y = ⌊(size of x + 2 · padding − kernel_size) / stride⌋ + 1",
     kAvgPoolNote, "nn.AvgPool1d", "AveragePool"},
    {"AvgPool2d",
     "y[n, c, i, j] = 1/m · Σᵤᵥ x[n, c, stride · i + u − padding, stride · j + v − padding]\n"
     "size of y = ⌊(size of x + 2 · padding − kernel_size) / stride⌋ + 1",
     kAvgPoolNote, "nn.AvgPool2d", "AveragePool"},
    {"AvgPool3d",
     "y[n, c, i, j, k] = 1/m · Σ x[n, c, i′, j′, k′]\n"
     "i′ = stride · i + u − padding; j′, k′ alike\n"
     "size of y = ⌊(size of x + 2 · padding − kernel_size) / stride⌋ + 1",
     kAvgPoolNote, "nn.AvgPool3d", "AveragePool"},
    {"BCEWithLogitsLoss",
     "loss = −mean(pos_weight · t · log σ(x) + (1 − t) · log(1 − σ(x)))\n"
     "σ(x) = 1 / (1 + exp(−x)), x = prediction, t = target",
     kReductionNote, "nn.BCEWithLogitsLoss", ""},
    {"BatchNorm1d", kBatchNorm, kBatchNormNote, "nn.BatchNorm1d", "BatchNormalization | ReduceMean, Sub, Mul, Add, Sqrt, Div, Reshape"},
    {"BatchNorm2d", kBatchNorm, kBatchNormNote, "nn.BatchNorm2d", "BatchNormalization | ReduceMean, Sub, Mul, Add, Sqrt, Div, Reshape"},
    {"BatchNorm3d", kBatchNorm, kBatchNormNote, "nn.BatchNorm3d", "BatchNormalization | ReduceMean, Sub, Mul, Add, Sqrt, Div, Reshape"},
    {"BlockInput", "", "", "", ""},
    {"BlockOutput", "", "", "", ""},
    {"Buffer", "", "", "nn.Module.register_buffer", ""},
    {"CELU", "y = x if x > 0, else alpha (exp(x / alpha) − 1)", "", "nn.CELU", "Celu"},
    {"Cast", "y = dtype(x)", note("Whole numbers lose what is behind the point; with bool all but 0 is true."), "torch.Tensor.to", "Cast"},
    {"Ceil", "y = ⌈x⌉", "", "torch.ceil", "Ceil"},
    {"Clamp", "y = min(max(x, min), max)", note("An empty min or max is no bound."), "torch.clamp", "Clip"},
    {"Concatenate", "y[…, sₖ + i, …] = xₖ[…, i, …]",
     note("i runs along dim; sₖ: the sizes of the tensors before the k-th, added up."),
     "torch.cat", "Concat"},
    {"Constant", "y = value", "", "torch.full", ""},
    {"Conv1d",
     "y[n, o, i] = b[o] + Σ W[o, c, u] · x[n, c, i′]\n"
     "i′ = stride · i + dilation · u − padding\n"
     "size of y = ⌊(size of x + 2 · padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1",
     note("Σ goes over the channels c of o's group and over the places u of the pattern; outside of x there are zeros. W: weight, b: bias."),
     "nn.Conv1d", "Conv"},
    {"Conv2d",
     "y[n, o, i, j] = b[o] + Σ W[o, c, u, v] · x[n, c, i′, j′]\n"
     "i′ = stride · i + dilation · u − padding, j′ = stride · j + dilation · v − padding\n"
     "size of y = ⌊(size of x + 2 · padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1",
     note("Σ goes over the channels c of o's group and over the places u, v of the pattern; outside of x there are zeros. W: weight, b: bias. "
          "same: padding = dilation (kernel_size − 1) / 2, rounded down at the beginning and up at the end."),
     "nn.Conv2d", "Conv"},
    {"Conv3d",
     "y[n, o, i, j, k] = b[o] + Σ W[o, c, u, v, w] · x[n, c, i′, j′, k′]\n"
     "i′ = stride · i + dilation · u − padding; j′, k′ alike\n"
     "size of y = ⌊(size of x + 2 · padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1",
     note("Σ goes over the channels c of o's group and over the places u, v, w of the pattern; outside of x there are zeros. W: weight, b: "
          "bias."),
     "nn.Conv3d", "Conv"},
    {"ConvTranspose1d",
     "y[n, o, i′] = b[o] + Σ W[c, o, u] · x[n, c, i]\n"
     "i′ = stride · i + dilation · u − padding\n"
     "size of y = (size of x − 1) stride − 2 · padding + dilation (kernel_size − 1) + output_padding + 1",
     kConvTransposeNote, "nn.ConvTranspose1d", "ConvTranspose"},
    {"ConvTranspose2d",
     "y[n, o, i′, j′] = b[o] + Σ W[c, o, u, v] · x[n, c, i, j]\n"
     "i′ = stride · i + dilation · u − padding, j′ = stride · j + dilation · v − padding\n"
     "size of y = (size of x − 1) stride − 2 · padding + dilation (kernel_size − 1) + output_padding + 1",
     kConvTransposeNote, "nn.ConvTranspose2d", "ConvTranspose"},
    {"ConvTranspose3d",
     "y[n, o, i′, j′, k′] = b[o] + Σ W[c, o, u, v, w] · x[n, c, i, j, k]\n"
     "i′ = stride · i + dilation · u − padding; j′, k′ alike\n"
     "size of y = (size of x − 1) stride − 2 · padding + dilation (kernel_size − 1) + output_padding + 1",
     kConvTransposeNote, "nn.ConvTranspose3d", "ConvTranspose"},
    {"Convolution",
     "y[n, o, i, …] = Σ weight[o, c, u, …] · x[n, c, i′, …]\n"
     "transposed: y[n, o, i′, …] = Σ weight[c, o, u, …] · x[n, c, i, …]\n"
     "i′ = stride · i + dilation · u − padding",
     note("Σ goes over the channels c of o's group and over the places u, … of the pattern, alike along the other axes; outside of x there are "
          "zeros."),
     "F.conv1d, F.conv2d, F.conv3d, F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d", "Conv | Slice, Conv | ConvTranspose"},
    {"Cos", "y = cos(x)", "", "torch.cos", "Cos"},
    {"Cosh", "y = (exp(x) + exp(−x)) / 2", "", "torch.cosh", "Cosh"},
    {"CrossEntropyLoss",
     "loss = mean(−log softmax(prediction)[target])\n"
     "lₙ = (1 − label_smoothing) · w[tₙ] · sₙ[tₙ] + label_smoothing / K · Σₖ w[k] · sₙ[k]\n"
     "sₙ[k] = −log softmax(xₙ)[k] = log Σⱼ exp(xₙ[j]) − xₙ[k]",
     note("With weight and label_smoothing: mean is Σ lₙ / Σ w[tₙ], sum is Σ lₙ. x: prediction, t: target, w: weight, K: how many classes. "
          "Samples whose target is ignore_index do not count."),
     "nn.CrossEntropyLoss", ""},
    {"CumSum",
     "yᵢ = Σⱼ xⱼ over j ≤ i\n"
     "exclusive: over j < i\n"
     "reverse: over j ≥ i\n"
     "exclusive and reverse: over j > i",
     note("i and j run along the axis dim. PyTorch has neither exclusive nor reverse."),
     "torch.cumsum", "CumSum"},
    {"Divide", "y = a / b", note("Whole numbers lose what is behind the point."), "torch.div", "Div"},
    {"Dropout",
     "y = m · x / (1 − p)\n"
     "P(m = 0) = p, P(m = 1) = 1 − p",
     note("m is drawn anew for each element in each step of training. Afterwards y = x, in ONNX files too."),
     "nn.Dropout", ""},
    {"ELU", "y = x if x > 0, else alpha (exp(x) − 1)", "", "nn.ELU", "Elu"},
    {"Embedding", "y[…, j] = W[index[…], j]", note("W: weight, (num_embeddings, embedding_dim)."), "nn.Embedding", "Gather"},
    {"Equal", "y = (a = b)", "", "torch.eq", "Equal"},
    {"Erf", "y = 2 / √π · ∫₀ˣ exp(−t²) dt", "", "torch.erf", "Erf"},
    {"Exp", "y = exp(x)", "", "torch.exp", "Exp"},
    {"Expand", "y[…, i, …] = x[…, 0, …]",
     note("Along axes where x has a size of 1, and along new ones in front; along others y[…, i, …] = x[…, i, …]."),
     "torch.Tensor.expand", "Expand | Shape, Slice, Concat, Expand"},
    {"Flatten", "y[…, i · n + j, …] = x[…, i, j, …]",
     note("n: the size of j's axis. More axes are joined alike, the last one running fastest."),
     "nn.Flatten", "Flatten | Reshape"},
    {"Floor", "y = ⌊x⌋", "", "torch.floor", "Floor"},
    {"Fmod", "y = a − b · trunc(a / b)", "", "torch.fmod", "Mod"},
    {"GELU",
     "y = x Φ(x)\n"
     "none: Φ(x) = (1 + erf(x / √2)) / 2\n"
     "tanh: Φ(x) = (1 + tanh(√(2 / π) (x + 0.044715 x³))) / 2",
     note("Φ: the share of a standard normal distribution that lies below x; by tanh an approximation."),
     "nn.GELU", "Gelu | Mul, Erf, Add | Mul, Add, Tanh"},
    {"GRU",
     "yₜ = hₜ = (1 − zₜ) · nₜ + zₜ · hₜ₋₁\n"
     "rₜ = σ(W_ir xₜ + b_ir + W_hr hₜ₋₁ + b_hr)\n"
     "zₜ = σ(W_iz xₜ + b_iz + W_hz hₜ₋₁ + b_hz)\n"
     "nₜ = tanh(W_in xₜ + b_in + rₜ · (W_hn hₜ₋₁ + b_hn))",
     note("σ: sigmoid; · goes element by element. weight_ih_l0 holds W_ir, W_iz and W_in, and weight_hh_l0 W_hr, W_hz and W_hn, one below the "
          "other."),
     "nn.GRU", "Transpose, GRU, Reshape"},
    {"Gather", "y[…, i, …] = x[…, index[…, i, …], …]", note("Along dim."), "torch.gather", "GatherElements"},
    {"Greater", "y = (a > b)", "", "torch.gt", "Greater"},
    {"GreaterEqual", "y = (a ≥ b)", "", "torch.ge", "GreaterOrEqual"},
    {"GroupNorm", "y = γ (x − μ) / √(σ² + eps) + β",
     note("μ and σ² are mean and variance of each group of channels of each sample. γ: weight, β: bias, one for each channel, where affine is "
          "on."),
     "nn.GroupNorm", "Reshape, InstanceNormalization, Mul, Add | Reshape, InstanceNormalization"},
    {"Hardshrink", "y = x if |x| > lambd, else 0", "", "nn.Hardshrink", "Shrink"},
    {"Hardsigmoid", "y = min(1, max(0, x / 6 + 1/2))", "", "nn.Hardsigmoid", "HardSigmoid"},
    {"Hardswish", "y = x · min(1, max(0, x / 6 + 1/2))", "", "nn.Hardswish", "HardSwish | HardSigmoid, Mul"},
    {"HuberLoss",
     "loss = mean(d² / 2 if d < delta, else delta (d − delta / 2))\n"
     "d = |prediction − target|",
     kReductionNote, "nn.HuberLoss", ""},
    {"Identity", "y = x", "", "nn.Identity", ""},
    {"IndexSelect", "y[…, i, …] = x[…, index[i], …]", note("Along dim. A place below 0 counts from the end."), "torch.index_select", "Gather"},
    {"Input", "", "", "", ""},
    {"InstanceNorm1d", "y = γ (x − μ) / √(σ² + eps) + β", kInstanceNormNote, "nn.InstanceNorm1d", "InstanceNormalization"},
    {"InstanceNorm2d", "y = γ (x − μ) / √(σ² + eps) + β", kInstanceNormNote, "nn.InstanceNorm2d", "InstanceNormalization"},
    {"InstanceNorm3d", "y = γ (x − μ) / √(σ² + eps) + β", kInstanceNormNote, "nn.InstanceNorm3d", "InstanceNormalization"},
    {"IsInf", "y = (detect_positive ∧ x = ∞) ∨ (detect_negative ∧ x = −∞)", "", "torch.isinf", "IsInf"},
    {"IsNaN", "y = (x ≠ x)", note("Only what is not a number differs from itself."), "torch.isnan", "IsNaN"},
    {"KLDivLoss",
     "loss = mean(target · (log target − prediction))\n"
     "log_target: loss = mean(exp(target) · (target − prediction))",
     note("0 log 0 counts as 0. reduction sum: the sum in place of the mean; batchmean: the sum by the samples of the batch."),
     "nn.KLDivLoss", ""},
    {"L1Loss", "loss = mean(|prediction − target|)", kReductionNote, "nn.L1Loss", ""},
    {"LSTM",
     "yₜ = hₜ = oₜ · tanh(cₜ)\n"
     "cₜ = fₜ · cₜ₋₁ + iₜ · gₜ\n"
     "iₜ = σ(W_ii xₜ + b_ii + W_hi hₜ₋₁ + b_hi)\n"
     "fₜ = σ(W_if xₜ + b_if + W_hf hₜ₋₁ + b_hf)\n"
     "gₜ = tanh(W_ig xₜ + b_ig + W_hg hₜ₋₁ + b_hg)\n"
     "oₜ = σ(W_io xₜ + b_io + W_ho hₜ₋₁ + b_ho)",
     note("σ: sigmoid; · goes element by element. weight_ih_l0 holds W_ii, W_if, W_ig and W_io, and weight_hh_l0 W_hi, W_hf, W_hg and W_ho, one "
          "below the other."),
     "nn.LSTM", "Transpose, LSTM, Reshape"},
    {"LayerNorm", "y = γ (x − μ) / √(σ² + eps) + β",
     note("μ and σ² are mean and variance over the last axes, those of normalized_shape. γ: weight, β: bias, one for each feature, where "
          "elementwise_affine is on."),
     "nn.LayerNorm", "LayerNormalization | ReduceMean, Sub, Mul, Add, Sqrt, Div"},
    {"LeakyReLU", "y = x if x > 0, else negative_slope · x", "", "nn.LeakyReLU", "LeakyRelu"},
    {"Less", "y = (a < b)", "", "torch.lt", "Less"},
    {"LessEqual", "y = (a ≤ b)", "", "torch.le", "LessOrEqual"},
    {"Linear", "y = x Wᵀ + b",
     note("W: weight, (out_features, in_features); b: bias, (out_features)."),
     "nn.Linear", "Gemm | Transpose, MatMul, Add"},
    {"Log", "y = log(x)", note("To the base e: exp(y) = x."), "torch.log", "Log"},
    {"LogSoftmax", "yᵢ = xᵢ − log Σⱼ exp(xⱼ)", note("i and j run along the axis dim."), "nn.LogSoftmax", "LogSoftmax"},
    {"LogicalAnd", "y = a ∧ b", "", "torch.logical_and", "And"},
    {"LogicalNot", "y = ¬x", "", "torch.logical_not", "Not"},
    {"LogicalOr", "y = a ∨ b", "", "torch.logical_or", "Or"},
    {"LogicalXor", "y = (a ≠ b)", "", "torch.logical_xor", "Xor"},
    {"MSELoss", "loss = mean((prediction − target)²)", kReductionNote, "nn.MSELoss", ""},
    {"MatMul", "y[…, i, j] = Σₖ a[…, i, k] · b[…, k, j]", "", "torch.matmul", "MatMul"},
    {"Max", "y = maxᵢ xᵢ", kOverDimNote, "torch.amax", "ReduceMax"},
    {"MaxPool1d",
     "y[n, c, i] = maxᵤ x[n, c, i′]\n"
     "i′ = stride · i + dilation · u − padding\n"
     "size of y = ⌊(size of x + 2 · padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1",
     kMaxPoolNote, "nn.MaxPool1d", "MaxPool"},
    {"MaxPool2d",
     "y[n, c, i, j] = maxᵤᵥ x[n, c, i′, j′]\n"
     "i′ = stride · i + dilation · u − padding, j′ = stride · j + dilation · v − padding\n"
     "size of y = ⌊(size of x + 2 · padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1",
     kMaxPoolNote, "nn.MaxPool2d", "MaxPool"},
    {"MaxPool3d",
     "y[n, c, i, j, k] = max x[n, c, i′, j′, k′]\n"
     "i′ = stride · i + dilation · u − padding; j′, k′ alike\n"
     "size of y = ⌊(size of x + 2 · padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1",
     kMaxPoolNote, "nn.MaxPool3d", "MaxPool"},
    {"Maximum", "y = max(a, b)", "", "torch.maximum", "Max"},
    {"Mean", "y = 1/n · Σᵢ xᵢ", note("i runs over all n elements along the axes in dim."), "torch.mean", "ReduceMean"},
    {"Min", "y = minᵢ xᵢ", kOverDimNote, "torch.amin", "ReduceMin"},
    {"Minimum", "y = min(a, b)", "", "torch.minimum", "Min"},
    {"Mish", "y = x tanh(log(1 + exp(x)))", "", "nn.Mish", "Mish | Softplus, Tanh, Mul"},
    {"Multiply", "y = a · b", "", "torch.mul", "Mul"},
    {"NLLLoss",
     "loss = mean(−prediction[target])\n"
     "lₙ = −w[tₙ] · xₙ[tₙ]",
     note("With weight: mean is Σ lₙ / Σ w[tₙ], sum is Σ lₙ, none each lₙ. x: prediction, t: target, w: weight. Samples whose target is "
          "ignore_index do not count."),
     "nn.NLLLoss", ""},
    {"Neg", "y = −x", "", "torch.neg", "Neg"},
    {"Normal", "y = mean + std · ε, ε ∼ N(0, 1)",
     note("ε is drawn anew for each element in each step of training. Afterwards y = mean, in ONNX files too."),
     "torch.randn_like", "Mul, Add"},
    {"Note", "", "", "", ""},
    {"PReLU", "y = max(0, x) + a · min(0, x)", note("a: weight, one for all or one for each channel."), "nn.PReLU", "PRelu | Reshape, PRelu"},
    {"Pad",
     "y[i] = x[i′], i′ = i − p\n"
     "constant: value if i′ < 0 or i′ ≥ n\n"
     "reflect: x[−i′] if i′ < 0, x[2 (n − 1) − i′] if i′ ≥ n\n"
     "replicate: x[0] if i′ < 0, x[n − 1] if i′ ≥ n",
     note("Along each axis; n: its size, p: what pad has for its beginning."),
     "F.pad", "Pad"},
    {"Parameter", "", "", "nn.Parameter", ""},
    {"Permute",
     "y[i₀, i₁, …] = x[j₀, j₁, …]\n"
     "j[dims[k]] = i[k]",
     "", "torch.permute", "Transpose"},
    {"Pow", "y = aᵇ", "", "torch.pow", "Pow"},
    {"Prod", "y = Πᵢ xᵢ", kOverDimNote, "torch.prod", "ReduceProd"},
    {"RMSNorm", "y = γ x / √(mean(x²) + eps)",
     note("The mean goes over the last axes, those of normalized_shape. γ: weight, one for each feature, where elementwise_affine is on."),
     "nn.RMSNorm", "Mul, ReduceMean, Add, Sqrt, Div"},
    {"RNN",
     "yₜ = hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh)\n"
     "relu: hₜ = max(0, W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh)",
     "", "nn.RNN", "Transpose, RNN, Reshape"},
    {"ReLU", "y = max(0, x)", "", "nn.ReLU", "Relu"},
    {"Reciprocal", "y = 1 / x", "", "torch.reciprocal", "Reciprocal"},
    {"Remainder", "y = a − b · ⌊a / b⌋", "", "torch.remainder", "Mod, Mul, Less, Add, Where | Mod"},
    {"Reroute", "y = x", "", "", ""},
    {"Reshape", "(y₀, y₁, y₂, …) = (x₀, x₁, x₂, …)",
     note("The elements keep their order, in which the last axis runs fastest."),
     "torch.reshape", "Reshape"},
    {"Round", "y = round(x)", note("Halves go to the even neighbour: 2.5 becomes 2, and 3.5 becomes 4."), "torch.round", "Round"},
    {"SELU",
     "y = λ x if x > 0, else λ α (exp(x) − 1)\n"
     "λ = 1.0507009873554805, α = 1.6732632423543772",
     "", "nn.SELU", "Selu"},
    {"ScaledDotProductAttention",
     "y = softmax(scale · query keyᵀ) value\n"
     "logsumexp = log Σⱼ exp(scale · query keyⱼ)",
     note("Softmax goes over the keys, for each query and head. A scale of 0 is 1 / √d, with d the channels of a query. is_causal: the scores "
          "of keys behind the query's own place are −∞."),
     "F.scaled_dot_product_attention", "Mul, Transpose, MatMul, Softmax | Mul, Transpose, MatMul, Add, Softmax"},
    {"Scatter", "y[…, index[…, i, …], …] = src[…, i, …]",
     note("Along dim; other elements of y are those of x. reduce: src is added to what stands there (sum), multiplied with it (prod), or the "
          "larger (amax) or smaller (amin) of both stays."),
     "torch.scatter, torch.scatter_reduce", "ScatterElements"},
    {"SiLU", "y = x / (1 + exp(−x))", "", "nn.SiLU", "Sigmoid, Mul"},
    {"Sigmoid", "y = 1 / (1 + exp(−x))", "", "nn.Sigmoid", "Sigmoid"},
    {"Sign", "y = 1 if x > 0, −1 if x < 0, else 0", "", "torch.sign", "Sign"},
    {"Sin", "y = sin(x)", "", "torch.sin", "Sin"},
    {"Sinh", "y = (exp(x) − exp(−x)) / 2", "", "torch.sinh", "Sinh"},
    {"Slice", "y[…, i, …] = x[…, start + step · i, …]",
     note("Along dim, as long as end is not reached. PyTorch has no steps below 1."),
     "x[start:end:step]", "Slice"},
    {"SmoothL1Loss",
     "loss = mean(d² / (2 · beta) if d < beta, else d − beta / 2)\n"
     "d = |prediction − target|",
     kReductionNote, "nn.SmoothL1Loss", ""},
    {"Softmax", "yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)", note("i and j run along the axis dim."), "nn.Softmax", "Softmax"},
    {"Softplus",
     "y = log(1 + exp(beta · x)) / beta\n"
     "y = x if beta · x > threshold",
     "", "nn.Softplus", "Softplus | Mul, Softplus, Div"},
    {"Softshrink", "y = sign(x) · max(0, |x| − lambd)", "", "nn.Softshrink", "Shrink"},
    {"Softsign", "y = x / (1 + |x|)", "", "nn.Softsign", "Softsign"},
    {"SplitHeads", "y[…, h, i] = x[…, h · d + i], 0 ≤ h < num_heads", note("d: how many features each head gets."), "torch.unflatten", "Reshape"},
    {"Sqrt", "y = √x", "", "torch.sqrt", "Sqrt"},
    {"Subtract", "y = a − b", "", "torch.sub", "Sub"},
    {"Sum", "y = Σᵢ xᵢ", kOverDimNote, "torch.sum", "ReduceSum"},
    {"Tan", "y = tan(x)", "", "torch.tan", "Tan"},
    {"Tanh", "y = (exp(x) − exp(−x)) / (exp(x) + exp(−x))", "", "nn.Tanh", "Tanh"},
    {"Target", "", "", "", ""},
    {"Threshold", "y = x if x > threshold, else value", "", "nn.Threshold", "ThresholdedRelu | Sub, Relu, Sign, Mul, ThresholdedRelu, Add"},
    {"TopK", "values = x[indices], values₀ ≥ values₁ ≥ … ≥ valuesₖ₋₁",
     note("Along dim. With largest off: ≤, beginning with the smallest."),
     "torch.topk", "TopK"},
    {"Upsample",
     "nearest: y[i] = x[⌊i · in / out⌋]\n"
     "linear: y[i] = (1 − t) · x[⌊s⌋] + t · x[⌊s⌋ + 1], t = s − ⌊s⌋\n"
     "s = max(0, (i + 1/2) · in / out − 1/2)\n"
     "align_corners: s = i (in − 1) / (out − 1)",
     note("in and out: the sizes of an axis before and after; where scale_factor is given, in / out is 1 / scale_factor. bilinear goes along "
          "two axes, trilinear along three. bicubic takes four neighbours along each, by a cubic with a = −0.75, and s may be below 0. "
          "Neighbours past an edge are the edge."),
     "nn.Upsample", "Resize"},
    {"Where", "y = a if condition, else b", "", "torch.where", "Where"},
};
static_assert(std::ranges::is_sorted(kFormulas, {}, [](const Formula& f) { return std::string_view(f.op); }));

}  // namespace

std::span<const Formula> formulas() { return kFormulas; }

const Formula* formulaOf(std::string_view op) {
  const auto* at = std::ranges::lower_bound(kFormulas, op, {}, [](const Formula& f) { return std::string_view(f.op); });
  return at != std::end(kFormulas) && at->op == op ? at : nullptr;
}

}  // namespace engine
