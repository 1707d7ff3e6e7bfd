package dev.whetstone.benchmark;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.TextDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Measures the times between the tokens of branch 0 while a batch decodes. Thread-safe. */
final class InterTokenLatency implements GenerationListener {
  private final List<Long> times = new ArrayList<>();
  private boolean ended;

  @Override
  public synchronized void onText(TextDelta delta) {
    if (delta.branch() == 0) {
      times.add(System.nanoTime());
      notifyAll();
    }
  }

  @Override
  public synchronized void onFinish(int branch, Completion completion) {
    ended = true;
    notifyAll();
  }

  /** Waits for {@code count} more tokens, or the end of the batch. */
  synchronized void awaitTokens(int count) throws InterruptedException {
    int target = times.size() + count;
    while (times.size() < target && !ended) {
      wait();
    }
  }

  /** Median milliseconds between tokens so far. */
  synchronized double median() {
    double[] sorted = gaps(1).sorted().toArray();
    return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
  }

  /** Milliseconds of the longest gap that overlaps {@code action}. */
  double longestDuring(Runnable action) throws InterruptedException {
    int from = size();
    action.run();
    awaitTokens(1);
    return longestSince(from);
  }

  private synchronized int size() {
    return times.size();
  }

  private synchronized double longestSince(int from) {
    return gaps(Math.max(1, from)).max().orElse(0);
  }

  private DoubleStream gaps(int from) {
    return IntStream.range(from, times.size())
        .mapToDouble(i -> (times.get(i) - times.get(i - 1)) / 1e6);
  }
}
