"""Step times of `netw bench` beside PyTorch's on the same machine in one run, as a Markdown table with ratios.

    python against_torch.py [--netw build/app/netw] [--nets a,b,...] [--rounds 3] [--modes eager,fused,compile] [--device cuda]

Each round measures every (net, threads) once by netw and once by each mode of PyTorch, each in a fresh process, in turn, so
that both see the same machine; the table has the median of the rounds. A step of either is: the next batch (in memory),
forward, loss, backward, update. Modes: eager (defaults), fused (fused optimizer, channels-last), compile (fused and
torch.compile). A ratio below 1 means that netw is faster than the fastest of them. With --device cuda both compute on the same GPU, which is
named above the table; batches come from the host's memory for either, and TF32 is off for both. netw's losses are read beside the steps
that follow, as in a run; PyTorch's stay where they are.

Whether both train the same network is checked as far as it can be without the same weights: those of either are drawn by itself,
from the same distributions. The losses of the first step must agree within a tenth, and every loss must be lower after the
measurement than before; else the row says so, and the exit status is 1.
"""
import argparse, json, os, platform, resource, statistics, subprocess, sys, time

NETS = ["a", "b", "b128", "c", "d", "e", "f", "g", "h"]


def seconds_of(call, seconds, settle):
    """Of one call, in 20 blocks that take `seconds` together; settle() waits for what was begun."""
    begin = time.perf_counter()
    call()
    settle()
    blocks, times = 20, []
    each = max(1, int(seconds / blocks / max(time.perf_counter() - begin, 1e-6)))
    for _ in range(blocks):
        begin = time.perf_counter()
        for _ in range(each):
            call()
        settle()
        times.append((time.perf_counter() - begin) / each)
    return times


def build(net):
    """The networks of app/netw/bench_nets.cpp: model, input, target, optimizer; and the loss, where it is not the usual one."""
    import torch
    from torch import nn
    torch.manual_seed(0)
    linear, conv, relu = nn.Linear, nn.Conv2d, nn.ReLU
    if net == "a":
        model = nn.Sequential(linear(4, 64), nn.Tanh(), linear(64, 64), nn.Tanh(), linear(64, 2))
        return model, torch.randn(64, 4), torch.randint(0, 2, (64,)), "adam"
    if net in ("b", "b128"):
        batch = 32 if net == "b" else 128
        model = nn.Sequential(linear(784, 256), relu(), linear(256, 128), relu(), linear(128, 10))
        return model, torch.randn(batch, 784), torch.randint(0, 10, (batch,)), "adam"
    if net == "c":
        model = nn.Sequential(conv(1, 32, 3), relu(), nn.MaxPool2d(2), conv(32, 64, 3), relu(), nn.MaxPool2d(2),
                              nn.Flatten(), nn.Dropout(0.5), linear(1600, 10))
        return model, torch.randn(128, 1, 28, 28), torch.randint(0, 10, (128,)), "adam"
    if net == "d":
        model = nn.Sequential(conv(1, 32, 3), relu(), conv(32, 64, 3), relu(), nn.MaxPool2d(2), nn.Dropout(0.25),
                              nn.Flatten(), linear(9216, 128), relu(), nn.Dropout(0.5), linear(128, 10))
        return model, torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,)), "adadelta"

    if net == "e":
        class Reader(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm, self.out = nn.LSTM(28, 128, batch_first=True), linear(128, 10)

            def forward(self, x):
                return self.out(self.lstm(x)[0][:, -1])
        return Reader(), torch.randn(128, 28, 28), torch.randint(0, 10, (128,)), "adam"
    if net == "f":
        width, heads, times, letters = 128, 4, 64, 65

        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
                self.qkv, self.proj = linear(width, 3 * width, bias=False), linear(width, width, bias=False)
                self.up, self.down = linear(width, 4 * width, bias=False), linear(4 * width, width, bias=False)

            def forward(self, x):
                n = x.shape[0]
                q, k, v = (t.view(n, times, heads, width // heads).transpose(1, 2) for t in self.qkv(self.norm1(x)).split(width, 2))
                y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                x = x + self.proj(y.transpose(1, 2).reshape(n, times, width))
                return x + self.down(nn.functional.gelu(self.up(self.norm2(x))))

        class Writer(nn.Module):
            def __init__(self):
                super().__init__()
                self.token, self.place = nn.Embedding(letters, width), nn.Embedding(times, width)
                self.blocks, self.norm = nn.Sequential(*[Block() for _ in range(4)]), nn.LayerNorm(width)
                self.head = linear(width, letters, bias=False)

            def forward(self, x):
                return self.head(self.norm(self.blocks(self.token(x) + self.place.weight))).view(-1, letters)
        return Writer(), torch.randint(0, letters, (12, times)), torch.randint(0, letters, (12 * times,)), "adamw"
    if net == "h":
        class Autoencoder(nn.Module):
            def __init__(self):
                super().__init__()
                self.hidden, self.mean, self.variance = linear(784, 400), linear(400, 20), linear(400, 20)
                self.code, self.answer = linear(20, 400), linear(400, 784)

            def forward(self, x):
                h = torch.relu(self.hidden(x))
                mean, log_variance = self.mean(h), self.variance(h)
                z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
                return self.answer(torch.relu(self.code(z))), mean, log_variance

        def loss(said, x):
            y, mean, log_variance = said
            return (nn.functional.binary_cross_entropy_with_logits(y, x, reduction="sum")
                    - 0.5 * (1 + log_variance - mean ** 2 - log_variance.exp()).sum())
        x = torch.rand(128, 784)
        return Autoencoder(), x, x.clone(), "adam", loss

    class Residual(nn.Module):
        def __init__(self, channels, out, stride):
            super().__init__()
            self.body = nn.Sequential(conv(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), relu(),
                                      conv(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out))
            same = channels == out and stride == 1
            self.skip = nn.Identity() if same else nn.Sequential(conv(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

        def forward(self, x):
            return torch.relu(self.body(x) + self.skip(x))
    model = nn.Sequential(conv(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), relu(), Residual(16, 16, 1),
                          Residual(16, 32, 2), Residual(32, 64, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear(64, 10))
    return model, torch.randn(64, 3, 32, 32), torch.randint(0, 10, (64,)), "sgd"


def measure(net, mode, threads, seconds, device, tf32):
    import torch
    torch.set_num_threads(threads)
    model, x, target, optimizer, *loss = build(net)
    cuda = device.startswith("cuda")
    settle = torch.cuda.synchronize if cuda else lambda: None
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
    loss = loss[0] if loss else torch.nn.functional.cross_entropy
    fused = mode != "eager"
    if fused and x.dim() == 4:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    model = model.to(device)
    if cuda:
        x, target = x.pin_memory(), target.pin_memory()
    parameters = model.parameters()
    if optimizer in ("adam", "adamw"):
        update = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[optimizer](parameters, lr=1e-3, fused=fused)
    elif optimizer == "sgd":
        update = torch.optim.SGD(parameters, lr=0.1, momentum=0.9, fused=fused)
    else:
        update = torch.optim.Adadelta(parameters, lr=1.0, foreach=True if fused else None)
    loss_of = lambda x, t: loss(model(x), t)
    if mode == "compile":
        loss_of = torch.compile(loss_of)

    def step():
        update.zero_grad(set_to_none=True)
        value = loss_of(x.to(device, non_blocking=True), target.to(device, non_blocking=True))
        value.backward()
        update.step()
        return value
    first = step().item()
    for _ in range(4):
        step()
    settle()
    times = seconds_of(step, seconds, settle)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ms": statistics.median(times) * 1e3, "peak_mib": peak, "first_loss": first, "last_loss": step().item()}


def ask(command, threads):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(ran.stdout) if ran.returncode == 0 else None


def disagreement(ours, theirs):
    """What is wrong with the losses of two lists of rows, or nothing."""
    for row in ours + theirs:
        if not all(isinstance(row[k], float) and row[k] == row[k] for k in ("first_loss", "last_loss")):
            return "a loss is not finite"
        if not row["last_loss"] < row["first_loss"]:
            return "a loss does not fall"
    mean = lambda rows: statistics.mean(r["first_loss"] for r in rows)
    return "" if abs(mean(ours) - mean(theirs)) <= 0.1 * abs(mean(theirs)) else "the first losses differ"


def table(a):
    agree = True
    tf32 = ["--tf32"] if a.tf32 else []
    nets, threads, modes = a.nets.split(","), [int(t) for t in a.threads.split(",")], a.modes.split(",")
    rows = {(n, t): {"netw": [], **{m: [] for m in modes}} for n in nets for t in threads}
    for _ in range(a.rounds):
        for (net, t), found in rows.items():
            ours = ask([a.netw, "bench", net, "--threads", str(t), "--device", a.device, *tf32, "--seconds", str(a.seconds), "--json", "--quiet"], t)
            found["netw"] += ours or []
            for mode in modes:
                row = ask([sys.executable, __file__, "--one", net, mode, str(t), "--device", a.device, *tf32, "--seconds", str(a.seconds)], t)
                found[mode] += [row] if row else []
    print("| net | threads | netw ms | " + " | ".join(m + " ms" for m in modes) + " | ratio to the fastest | netw MiB | PyTorch MiB | first loss, netw / PyTorch | losses |")
    print("|---|---:" + "|---:" * (len(modes) + 5) + "|---|")
    for (net, t), found in rows.items():
        ms = {who: statistics.median(r["ms"] for r in rs) for who, rs in found.items() if rs}
        peak = {who: max(r["peak_mib"] for r in rs) for who, rs in found.items() if rs}
        best = min((ms[m], m) for m in modes if m in ms)
        wrong = disagreement(found["netw"], [r for m in modes for r in found[m]])
        agree = agree and not wrong
        cells = [f"{ms[m]:.3f}" if m in ms else "failed" for m in modes]
        print(f"| {net} | {t} | {ms['netw']:.3f} | " + " | ".join(cells) + f" | {ms['netw'] / best[0]:.2f} ({best[1]}) |"
              f" {peak['netw']:.0f} | {peak[best[1]]:.0f} | {found['netw'][0]['first_loss']:.4g} / {found[best[1]][0]['first_loss']:.4g} |"
              f" {wrong or 'agree'} |", flush=True)
    return agree


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--netw", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/app/netw"))
    p.add_argument("--nets", default=",".join(NETS))
    p.add_argument("--threads", default="1,2")
    p.add_argument("--modes", default="eager,fused,compile")
    p.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N, for netw and PyTorch")
    p.add_argument("--tf32", action="store_true", help="products in TF32 on a CUDA device, for both; without it for neither")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=2)
    p.add_argument("--one", nargs=3, metavar=("NET", "MODE", "THREADS"), help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.one:
        print(json.dumps(measure(a.one[0], a.one[1], int(a.one[2]), a.seconds, a.device, a.tf32)))
    else:
        import torch
        on = torch.cuda.get_device_name(a.device) + " and " if a.device.startswith("cuda") else ""
        print(f"{on}{platform.processor() or platform.machine()}, {os.cpu_count()} cores, PyTorch {torch.__version__}, Python {platform.python_version()}, "
              f"{time.strftime('%Y-%m-%d')}\n")
        sys.exit(0 if table(a) else 1)
