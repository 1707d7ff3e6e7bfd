package dev.whetstone.benchmark;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.GenerationListener;

/**
 * Counts the steps in which a whole batch decodes: from the first token of the branch that is last
 * to begin until the end of branch 0. Read it when the generation is over.
 */
final class DecodeStepTimer implements GenerationListener {
  private final boolean[] begun;
  private int toBegin;
  private int steps;
  private int stepsBefore;
  private long start;
  private long end;

  DecodeStepTimer(int branches) {
    begun = new boolean[branches];
    toBegin = branches;
  }

  @Override
  public void onText(int branch, String text, int[] tokens, float[] logps) {
    if (branch == 0) {
      steps += tokens.length;
    }
    if (!begun[branch]) {
      begun[branch] = true;
      if (--toBegin == 0) {
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
