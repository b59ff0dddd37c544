"""Times CEL conditions in two other implementations; reads them from a JSON file."""
import json
import sys
import time

REPEATS = 5


def best(run):
    """The cheapest of several rounds, in nanoseconds a call."""
    count = 1
    while True:
        start = time.perf_counter_ns()
        for _ in range(count):
            run()
        spent = time.perf_counter_ns() - start
        if spent > 20_000_000:
            break
        count *= 2
    rounds = [spent]
    for _ in range(REPEATS):
        start = time.perf_counter_ns()
        for _ in range(count):
            run()
        rounds.append(time.perf_counter_ns() - start)
    return min(rounds) / count


def rust(facts):
    import cel

    context = cel.Context(variables=facts)
    return lambda text: (lambda program: lambda: program.execute(context))(cel.compile(text))


def cpp(facts):
    from cel_expr_python import cel

    env = cel.NewEnv(variables={name: cel.Type.DYN for name in facts})
    activation = env.Activation(facts)
    return lambda text: (lambda program: lambda: program.eval(activation))(env.compile(text))


def main():
    work = json.load(open(sys.argv[1]))
    result = {}
    for name, make in (("rust", rust), ("cpp", cpp)):
        compiled = make(work["facts"])
        floor = best(compiled("true"))
        times = []
        for text in work["conditions"]:
            try:
                run = compiled(text)
                answer = run()
                answer = answer.value() if hasattr(answer, "value") else answer
                times.append(best(run) - floor if answer is True else None)
            except Exception as problem:  # what an implementation lacks is no time
                print(f"{name}: {text}: {problem}", file=sys.stderr)
                times.append(None)
        result[name] = {"true": floor, "times": times}
    json.dump(result, sys.stdout)


main()
