"""Measures programs that speak line_protocol.h against each other: interleaved rounds, never two at the same time."""
import contextlib
import dataclasses
import os
import signal
import statistics
import subprocess
import time


@dataclasses.dataclass
class Contestant:
    """A program to measure. role: 'ours' (one), 'variant' (ours in another way), 'peer', or 'limit' (what cannot be beaten,
    not a competitor)."""
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
    most_rounds: int = 1000
    fresh: bool = False          # a new process for each round, one at a time
    settle: bool = False         # nothing may wait to be written to the disk when a round begins
    model_mb: float = 0          # the size of what is saved or restored; the table compares with it


class Record:
    """What is known of a contestant."""

    def __init__(self, contestant):
        self.contestant = contestant
        self.rounds, self.values, self.wall, self.cpu = [], [], 0.0, 0.0
        self.peak_mb = self.grown_mb = self.process_cpu = 0.0
        self.threads = 0


class Running:
    """A contestant's process. It is stopped (SIGSTOP) whenever it is not its turn."""

    def __init__(self, record):
        self.record = record
        self.process = subprocess.Popen(record.contestant.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        try:
            word, threads = self._answer().split()
            assert word == 'ready', word
        except BaseException:
            self.stop()
            raise
        record.threads = int(threads)
        record.peak_mb = max(record.peak_mb, self._memory('VmHWM:'))
        self._forget_peak()
        self.memory_before = self._memory('VmRSS:')
        self.process.send_signal(signal.SIGSTOP)

    def steps(self, count, timed=True):
        self.process.send_signal(signal.SIGCONT)
        before, begin = self._cpu_seconds(), time.monotonic()
        self.process.stdin.write(f'steps {count}\n')
        self.process.stdin.flush()
        milliseconds, value = map(float, self._answer().split())
        spent, wall = self._cpu_seconds() - before, time.monotonic() - begin
        self.process.send_signal(signal.SIGSTOP)
        self.record.values.append(value)
        if timed:
            self.record.rounds.append(milliseconds)
            self.record.wall += wall
            self.record.cpu += spent

    def close(self):
        """Notes the memory, while the process still exists; then ends it."""
        record, peak = self.record, self._memory('VmHWM:')
        record.peak_mb = max(record.peak_mb, peak)
        record.grown_mb = max(record.grown_mb, peak - self.memory_before)
        record.process_cpu += self._cpu_seconds()
        self.stop()

    def stop(self):
        self.process.kill()
        self.process.wait()

    def _forget_peak(self):
        """From now on VmHWM is the peak of the steps, where the system lets one say so."""
        with contextlib.suppress(OSError), open(f'/proc/{self.process.pid}/clear_refs', 'w') as refs:
            refs.write('5')

    def _memory(self, name):
        with open(f'/proc/{self.process.pid}/status') as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name)) / 1024

    def _cpu_seconds(self):
        with open(f'/proc/{self.process.pid}/stat') as stat:
            fields = stat.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f'{self.record.contestant.name} ended: {" ".join(self.record.contestant.command)}')
        return line


def measure(comparison, rounds):
    """Plays the rounds; returns the results as plain data (what --json writes)."""
    rounds = min(rounds, comparison.most_rounds)
    records = [Record(contestant) for contestant in comparison.contestants]
    play = _play_in_fresh_processes if comparison.fresh else _play_in_turns
    others = max(0, play(comparison, records, rounds))
    return {'title': comparison.title, 'rounds': rounds, 'steps_per_round': comparison.steps,
            'warm_up_steps': comparison.warm_up, 'value': comparison.value, 'model_mb': comparison.model_mb,
            'others_busy_cores': others, 'results': [_result(record) for record in records]}


def _play_in_turns(comparison, records, rounds):
    """How many cores others kept busy."""
    running = []
    try:
        for record in records:
            running.append(Running(record))
        for program in running:
            program.steps(comparison.warm_up, timed=False)
        busy_before, begin, others = _machine_busy_seconds(), time.monotonic(), 0.0
        for _ in range(rounds):
            for program in running:
                _settle(comparison)
                program.steps(comparison.steps)
        others = _machine_busy_seconds() - busy_before - sum(record.cpu for record in records)
        others /= time.monotonic() - begin
        for program in running:
            program.close()
    finally:
        for program in running:
            program.stop()
    return others


def _play_in_fresh_processes(comparison, records, rounds):
    busy_before, begin = _machine_busy_seconds(), time.monotonic()
    for _ in range(rounds):
        for record in records:
            program = Running(record)
            try:
                if comparison.warm_up:
                    program.steps(comparison.warm_up, timed=False)
                _settle(comparison)
                program.steps(comparison.steps)
                program.close()
            finally:
                program.stop()
    others = _machine_busy_seconds() - busy_before - sum(record.process_cpu for record in records)
    return others / (time.monotonic() - begin)


def _settle(comparison):
    if comparison.settle:
        os.sync()


def _machine_busy_seconds():
    """Processor seconds that anybody has used since the machine started."""
    with open('/proc/stat') as stat:
        user, nice, system, _idle, _wait, irq, softirq = map(int, stat.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf('SC_CLK_TCK')


def _result(record):
    times = record.rounds
    return {'name': record.contestant.name, 'role': record.contestant.role, 'ms_median': statistics.median(times),
            'ms_min': min(times), 'ms_max': max(times), 'ms_rounds': times, 'values': record.values,
            'threads': record.threads, 'peak_mb': record.peak_mb, 'grown_mb': record.grown_mb,
            # The kernel counts in hundredths of a second; less than half a second says nothing.
            'busy_cores': record.cpu / record.wall if record.wall > .5 else None}


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
    steps = f'{data["steps_per_round"]} steps' if data['steps_per_round'] > 1 else 'one step'
    yield f'{data["title"]}: {data["rounds"]} interleaved rounds of {steps}'
    model = data['model_mb']
    yield f'{"":26}{comparison.unit + "/step":>12}{"min":>10}{"max":>10}{"time / ours":>13}{"peak MB":>9}' \
          + (f'{"GB/s":>8}{"grown / model":>15}' if model else f'{"memory / ours":>15}{"threads":>9}') \
          + f'{"cores busy":>12}'
    for r in results:
        time, low, high = (r[k] * scale for k in ('ms_median', 'ms_min', 'ms_max'))
        busy = '-' if r['busy_cores'] is None else f'{r["busy_cores"]:.2f}'
        memory = f'{model / r["ms_median"]:8.2f}{r["grown_mb"] / model:15.2f}' if model \
            else f'{r["peak_mb"] / ours["peak_mb"]:15.2f}{r["threads"]:9d}'
        yield f'{r["name"]:26}{time:12.{digits}f}{low:10.{digits}f}{high:10.{digits}f}' \
              f'{r["ms_median"] / ours["ms_median"]:13.2f}{r["peak_mb"]:9.0f}{memory}{busy:>12}'
    if data['others_busy_cores'] > 0.1:
        yield f'NOT A QUIET MACHINE: other programs kept {data["others_busy_cores"]:.2f} cores busy meanwhile'
    if comparison.value and not model:
        last = data['warm_up_steps'] + data['rounds'] * data['steps_per_round']
        for r in results:
            if r['role'] != 'limit':
                yield f'{comparison.value} of {r["name"]}: {r["values"][0]:.7g} at step {data["warm_up_steps"]}, ' \
                      f'{r["values"][-1]:.7g} at step {last}'
