package dev.whetstone.dpo;

import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.network.NetworkSettings;
import java.util.Set;

/** Follows a run; called on the thread that trains. */
public interface TrainingListener {
  /** Nobody follows, nobody cancels. */
  TrainingListener NONE = step -> {};

  /** After each update. */
  void onStep(StepMetrics step);

  /** When a run that may choose its arithmetic has measured what is faster here. */
  default void onMeasured(NetworkSettings.Speed speed) {}

  /**
   * While reference log-probs are computed, before the first step.
   *
   * @param done pairs that have theirs
   * @param all pairs of the run
   */
  default void onReference(int done, int all) {}

  /** When held-out pairs raise alarms. */
  default void onAlarm(int step, Set<EarlyStopping.Alarm> alarms) {}

  /** Asked between two updates: whether the run should end with what it has. */
  default boolean cancelled() {
    return false;
  }
}
