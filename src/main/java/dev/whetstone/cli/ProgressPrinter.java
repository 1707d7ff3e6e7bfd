package dev.whetstone.cli;

import dev.whetstone.dpo.TrainingListener;
import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.PreferenceMetrics;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.network.NetworkSettings;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Prints a run's progress: one line updated in place on a terminal, else a line every 5 s. */
final class ProgressPrinter implements TrainingListener {
  private static final int BAR_WIDTH = 24;
  private static final Duration MIN_INTERVAL = Duration.ofSeconds(5);

  private final PrintStream out;
  private final boolean terminal;
  private final int steps;
  private final InstantSource clock;
  private @Nullable Instant printedAt;
  private int firstStep;
  private long firstTokens;
  private double seconds;

  ProgressPrinter(PrintStream out, boolean terminal, int steps, InstantSource clock) {
    this.out = out;
    this.terminal = terminal;
    this.steps = steps;
    this.clock = clock;
  }

  @Override
  public void onSpeedMeasured(NetworkSettings.MatmulSpeed speed) {
    out.printf(
        Locale.ROOT,
        "matrix products: float32 %.0f GFLOPS, bfloat16 %.0f GFLOPS; training in %s%n",
        speed.float32(),
        speed.bfloat16(),
        speed.faster());
  }

  @Override
  public void onReferenceProgress(int done, int all) {
    show("reference log-probs of %d of %d pairs".formatted(done, all), done == all);
  }

  @Override
  public void onStep(StepMetrics step) {
    if (seconds == 0) {
      firstStep = step.step() - 1;
      firstTokens = step.numTokens();
    }
    seconds += step.seconds();
    int newSteps = step.step() - firstStep;
    double secondsLeft = (steps - step.step()) * seconds / newSteps;
    String rate =
        newSteps > 1 ? "%,.0f tokens/s".formatted((step.numTokens() - firstTokens) / seconds) : "";
    show(
        String.format(
            Locale.ROOT,
            "%s %d/%d  loss %.4f  %s%s  %d:%02d left",
            bar(step.step()),
            step.step(),
            steps,
            step.loss(),
            accuracy(step.train()),
            rate,
            (int) secondsLeft / 60,
            (int) secondsLeft % 60),
        step.step() == steps);
  }

  private static String accuracy(@Nullable PreferenceMetrics pairs) {
    return pairs == null ? "" : String.format(Locale.ROOT, "accuracy %.2f  ", pairs.accuracy());
  }

  @Override
  public void onAlarm(int step, Set<EarlyStopping.Alarm> alarms) {
    out.println((terminal ? "\n" : "") + "step " + step + ": " + alarms);
  }

  private String bar(int step) {
    int full = (int) ((long) step * BAR_WIDTH / steps);
    return "[" + "#".repeat(full) + ".".repeat(BAR_WIDTH - full) + "]";
  }

  private void show(String line, boolean last) {
    Instant now = clock.instant();
    if (terminal) {
      out.print("\r" + line + "\033[K" + (last ? "\n" : ""));
      out.flush();
    } else if (last || printedAt == null || !now.isBefore(printedAt.plus(MIN_INTERVAL))) {
      out.println(line);
      printedAt = now;
    }
  }
}
