"""Measures programs that speak line_protocol.h against each other: interleaved rounds, never two at the same time."""
import dataclasses
import os
import signal
import statistics
import subprocess
import time


@dataclasses.dataclass
class Contestant:
    """A program to measure. role: 'ours', 'peer', or 'limit' (what cannot be beaten, not a competitor)."""
    name: str
    command: list
    role: str


@dataclasses.dataclass
class Comparison:
    """What a workload in compare.d returns."""
    title: str
    contestants: list
    unit: str = 'ms'             # of the table: 'ms', 'us' or 'ns' for one step
    steps: int = 20              # of one round
    warm_up: int = 20            # steps of the first round, which is not timed
    value: str = ''              # what the value of the last step is called; '' if it says nothing
    value_rtol: float = 1e-3     # how well ours and the peers' must agree after the warm-up


class Running:
    """A contestant's process. It is stopped (SIGSTOP) whenever it is not its turn."""

    def __init__(self, contestant):
        self.contestant = contestant
        self.rounds, self.values, self.wall, self.cpu = [], [], 0.0, 0.0
        self.process = subprocess.Popen(contestant.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        word, threads = self._answer().split()
        assert word == 'ready', word
        self.threads = int(threads)
        self.process.send_signal(signal.SIGSTOP)

    def steps(self, count, timed=True):
        self.process.send_signal(signal.SIGCONT)
        before = self._cpu_seconds()
        self.process.stdin.write(f'steps {count}\n')
        self.process.stdin.flush()
        milliseconds, value = map(float, self._answer().split())
        spent = self._cpu_seconds() - before
        self.process.send_signal(signal.SIGSTOP)
        self.values.append(value)
        if timed:
            self.rounds.append(milliseconds)
            self.wall += milliseconds * count / 1000
            self.cpu += spent

    def close(self):
        """The peak memory in MB, read while the process still exists; then ends it."""
        with open(f'/proc/{self.process.pid}/status') as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith('VmHWM:')) / 1024
        self.stop()
        return peak

    def stop(self):
        self.process.kill()
        self.process.wait()

    def _cpu_seconds(self):
        with open(f'/proc/{self.process.pid}/stat') as stat:
            fields = stat.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f'{self.contestant.name} ended: {" ".join(self.contestant.command)}')
        return line


def measure(comparison, rounds):
    """Plays the rounds; returns the results as plain data (what --json writes)."""
    running = []
    try:
        for contestant in comparison.contestants:
            running.append(Running(contestant))
        for program in running:
            program.steps(comparison.warm_up, timed=False)
        busy_before, begin = _machine_busy_seconds(), time.monotonic()
        for _ in range(rounds):
            for program in running:
                program.steps(comparison.steps)
        others = _machine_busy_seconds() - busy_before - sum(program.cpu for program in running)
        others = max(0, others) / (time.monotonic() - begin)
        results = [_result(program) for program in running]
    finally:
        for program in running:
            program.stop()
    return {'title': comparison.title, 'rounds': rounds, 'steps_per_round': comparison.steps,
            'warm_up_steps': comparison.warm_up, 'value': comparison.value, 'others_busy_cores': others,
            'results': results}


def _machine_busy_seconds():
    """Processor seconds that anybody has used since the machine started."""
    with open('/proc/stat') as stat:
        user, nice, system, _idle, _wait, irq, softirq = map(int, stat.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf('SC_CLK_TCK')


def _result(program):
    times = program.rounds
    return {'name': program.contestant.name, 'role': program.contestant.role, 'ms_median': statistics.median(times),
            'ms_min': min(times), 'ms_max': max(times), 'ms_rounds': times, 'values': program.values,
            'threads': program.threads, 'peak_mb': program.close(),
            # The kernel counts in hundredths of a second; less than half a second says nothing.
            'busy_cores': program.cpu / program.wall if program.wall > .5 else None}


def same_work(comparison, data):
    """Ours and the peers' values after the warm-up, or None if they disagree."""
    values = [r['values'][0] for r in data['results'] if r['role'] != 'limit']
    agree = all(abs(v - values[0]) <= comparison.value_rtol * abs(values[0]) for v in values)
    return values if agree else None


def table(comparison, data):
    """The report, as lines of text."""
    scale = {'ms': 1, 'us': 1e3, 'ns': 1e6}[comparison.unit]
    digits = {'ms': 2, 'us': 1, 'ns': 0}[comparison.unit]
    results = data['results']
    ours = next(r for r in results if r['role'] == 'ours')
    yield f'{data["title"]}: {data["rounds"]} interleaved rounds of {data["steps_per_round"]} steps'
    yield f'{"":26}{comparison.unit + "/step":>12}{"min":>10}{"max":>10}{"time / ours":>13}{"peak MB":>9}' \
          f'{"memory / ours":>15}{"threads":>9}{"cores busy":>12}'
    for r in results:
        time, low, high = (r[k] * scale for k in ('ms_median', 'ms_min', 'ms_max'))
        busy = '-' if r['busy_cores'] is None else f'{r["busy_cores"]:.2f}'
        yield f'{r["name"]:26}{time:12.{digits}f}{low:10.{digits}f}{high:10.{digits}f}' \
              f'{r["ms_median"] / ours["ms_median"]:13.2f}{r["peak_mb"]:9.0f}{r["peak_mb"] / ours["peak_mb"]:15.2f}' \
              f'{r["threads"]:9d}{busy:>12}'
    if data['others_busy_cores'] > 0.1:
        yield f'NOT A QUIET MACHINE: other programs kept {data["others_busy_cores"]:.2f} cores busy meanwhile'
    if comparison.value:
        last = data['warm_up_steps'] + data['rounds'] * data['steps_per_round']
        for r in results:
            if r['role'] != 'limit':
                yield f'{comparison.value} of {r["name"]}: {r["values"][0]:.7g} at step {data["warm_up_steps"]}, ' \
                      f'{r["values"][-1]:.7g} at step {last}'
