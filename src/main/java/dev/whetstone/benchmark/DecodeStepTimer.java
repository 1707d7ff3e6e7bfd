package dev.whetstone.benchmark;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.TextDelta;

/**
 * Counts and times the steps in which a whole batch decodes: from the moment all branches have
 * their first token until the end of branch 0. Read it after the generation has ended.
 */
final class DecodeStepTimer implements GenerationListener {
  private final boolean[] started;
  private int notStarted;
  private int steps;
  private int stepsBefore;
  private long start;
  private long end;

  DecodeStepTimer(int branches) {
    started = new boolean[branches];
    notStarted = branches;
  }

  @Override
  public void onText(TextDelta delta) {
    if (delta.branch() == 0) {
      steps += delta.tokens().length;
    }
    if (!started[delta.branch()]) {
      started[delta.branch()] = true;
      if (--notStarted == 0) {
        start = System.nanoTime();
        stepsBefore = steps;
      }
    }
  }

  @Override
  public void onFinish(int branch, Completion completion) {
    if (branch == 0) {
      end = System.nanoTime();
    }
  }

  int steps() {
    return steps - stepsBefore;
  }

  double seconds() {
    return (end - start) / 1e9;
  }
}
