"""Answers of `netw bench --infer` beside onnxruntime's on the same networks, exported by netw, in one run, as a Markdown table.

    python against_onnxruntime.py [--netw build/app/netw] [--nets c,d,f,g] [--rounds 3] [--threads 1,2]

Latency is one sample at a time, throughput 64 at once. Each round measures every (net, threads, batch) once by either program,
each in a fresh process, in turn; the table has the median of the rounds and the best block of all of them. onnxruntime runs
with all of its graph optimizations, on as many threads as netw. A ratio below 1 means that netw is faster.
"""
import argparse, json, os, platform, statistics, subprocess, sys, tempfile, time

from against_torch import seconds_of


def measure(path, batch, threads, seconds):
    import numpy, onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    random, inputs = numpy.random.default_rng(1), {}
    for i in session.get_inputs():
        shape = [batch if not isinstance(n, int) else n for n in i.shape]
        whole = "int" in i.type
        inputs[i.name] = random.integers(0, 65, shape, dtype=numpy.int64) if whole else random.standard_normal(shape, dtype=numpy.float32)
    answer = lambda: session.run(None, inputs)
    for _ in range(5):
        answer()
    times = seconds_of(answer, seconds)
    return {"ms": statistics.median(times) * 1e3, "best_ms": min(times) * 1e3}


def ask(command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(ran.stdout) if ran.returncode == 0 else None


def table(a):
    rows = {(n, t, b): ([], []) for n in a.nets.split(",") for t in map(int, a.threads.split(",")) for b in (1, 64)}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([a.netw, "bench", *a.nets.split(","), "--export", folder], check=True, stdout=subprocess.DEVNULL)
        for _ in range(a.rounds):
            for (net, threads, batch), (ours, theirs) in rows.items():
                ours += ask([a.netw, "bench", net, "--infer", "--batch", str(batch), "--threads", str(threads), "--seconds", str(a.seconds), "--json", "--quiet"]) or []
                row = ask([sys.executable, __file__, "--one", os.path.join(folder, net + ".onnx"), str(batch), str(threads), "--seconds", str(a.seconds)])
                theirs += [row] if row else []
    print("| net | threads | samples at once | netw ms | best | onnxruntime ms | best | netw samples / s | ratio of medians | of best |")
    print("|---|" + "---:|" * 9)
    for (net, threads, batch), (ours, theirs) in rows.items():
        if not ours or not theirs:
            print(f"| {net} | {threads} | {batch} | failed |")
            continue
        ms, best = [[f(r[k] for r in rs) for rs in (ours, theirs)] for k, f in (("ms", statistics.median), ("best_ms", min))]
        print(f"| {net} | {threads} | {batch} | {ms[0]:.3f} | {best[0]:.3f} | {ms[1]:.3f} | {best[1]:.3f} | {batch / ms[0] * 1e3:.0f} |"
              f" {ms[0] / ms[1]:.2f} | {best[0] / best[1]:.2f} |", flush=True)


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--netw", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/app/netw"))
    p.add_argument("--nets", default="c,d,f,g")
    p.add_argument("--threads", default="1,2")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=1)
    p.add_argument("--one", nargs=3, metavar=("FILE", "BATCH", "THREADS"), help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.one:
        print(json.dumps(measure(a.one[0], int(a.one[1]), int(a.one[2]), a.seconds)))
    else:
        import onnxruntime
        print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, onnxruntime {onnxruntime.__version__}, {time.strftime('%Y-%m-%d')}\n")
        table(a)
